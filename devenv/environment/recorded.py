"""The files of a request whose edits take part at the next build alone."""

from __future__ import annotations

from collections.abc import Iterator

from devenv.config.templates import template_folders
from devenv.core.environment import Environment
from devenv.environment.handle import Env
from devenv.sources.overlays import PACKAGING


def recorded_files(env: Env, environment: Environment) -> Iterator[str]:
    """The template's, and the packaging files of dev sources; also those that do not exist yet."""
    named = environment.template
    folders = template_folders(env.context.layout.home)
    yield from (named,) if named.endswith(".yaml") else (f"{f}/{named}.yaml" for f in folders)
    yield from (f"{one.path}/{file}" for one in environment.develop for file in PACKAGING)

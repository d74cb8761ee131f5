"""The files that a request names: which they are, and what they held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devenv.config.context import Context
from devenv.config.templates import list_templates, template_folders
from devenv.core.environment import Environment, FileState
from devenv.environment.handle import Env
from devenv.models.stale import inputs_of
from devenv.sources.overlays import PACKAGING
from devenv.system import files


def recorded_files(env: Env, environment: Environment) -> Iterator[str]:
    """The template's, and the packaging files of dev sources; also those that do not exist yet.

    Their edits take part at the next build alone.
    """
    named = environment.template
    folders = template_folders(env.context.layout.home)
    yield from (named,) if named.endswith(".yaml") else (f"{f}/{named}.yaml" for f in folders)
    yield from (f"{one.path}/{file}" for one in environment.develop for file in PACKAGING)


def file_states(context: Context, environment: Environment) -> Iterator[FileState]:
    """The template, and the MOD files of the user's own, as they are now: a lock holds their hashes."""
    named = environment.template
    if named:
        known = list_templates(template_folders(context.layout.home))
        path = known.get(named, Path(named))
        yield FileState(named, files.digest(path) if path.is_file() else "")
    for place in environment.mods:
        yield FileState(place, inputs_of([place]) if Path(place).exists() else "")

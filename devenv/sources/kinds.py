"""Which kind of dev source a package is: by its files, or else by the wheel that its build makes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource
from devenv.sources.backend import compiles_modules
from devenv.sources.described import toml_of
from devenv.sources.overlay import CompiledModulesError
from devenv.sources.overlays import overlay_of
from devenv.system import git


def with_kind(context: Context, source: DevSource) -> DevSource:
    """A source that was taken for Python alone is an extension where it has compiled modules."""
    if source.kind != "python":
        return source
    path = Path(source.path)
    project, setup = path / "pyproject.toml", path / "setup.py"
    if compiles_modules(
        toml_of(project) if project.is_file() else {},
        setup.read_text("utf-8", "replace") if setup.is_file() else "",
    ):
        return replace(source, kind="extension")
    try:
        overlay_of(context, source, git.state(path))
    except CompiledModulesError:
        return replace(source, kind="extension")
    return source

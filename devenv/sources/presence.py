"""Checks that the dev sources still exist, before anything is done with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.environment import CompiledSource, DevSource, Generation
from devenv.core.errors import StateError


def missing_sources(sources: Iterable[DevSource | CompiledSource]) -> tuple[tuple[str, str], ...]:
    """(package, folder) of each whose folder does not exist any more."""
    return tuple((s.package, s.path) for s in sources if not Path(s.path).is_dir())


def require(name: str, missing: Iterable[tuple[str, str]]) -> None:
    """StateError for the first of the `missing` sources of the environment `name`."""
    for package, path in missing:
        raise StateError(f"the dev source {package} is gone: {path}", fix=way_out(name, package))


def require_overlaid(generation: Generation) -> None:
    """StateError if a source that the generation overlays or has compiled does not exist any more."""
    require(generation.name, missing_sources(generation.compiled))
    overlays = generation.overlays
    require(generation.name, ((o.package, o.root) for o in overlays if not Path(o.root).is_dir()))


def way_out(name: str, package: str) -> str:
    """The fix for a missing source, in the words of the activation scripts."""
    move = f"devenv develop {package} --path DIR --env {name} && devenv build {name}"
    return f"Put it back, or: {move}"

"""Whether compiled dev sources are up to date: compares contents, and needs no compiler."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.environment import CompiledSource
from devenv.system import git


def edited(sources: Iterable[CompiledSource]) -> str:
    """Why one of the sources must be compiled again; empty if all are up to date."""
    return next((_reason(one) for one in sources if content_of(one) != one.content), "")


def content_of(source: CompiledSource) -> str:
    """The present hash of the files that are compiled, as in `CompiledSource.content`."""
    return _CONTENT[source.kind](source)


def files_of(source: str | Path) -> list[str]:
    """The paths of all files of a source tree, except those that git ignores."""
    path = Path(source)
    if git.top_level(path):
        return [str(path / name) for name in git.tracked_and_untracked(path)]
    return [str(one) for one in sorted(path.rglob("*")) if one.is_file()]


def tracked_in(source: str | Path) -> list[str]:
    """The paths of the files in a source tree that git tracks; none outside of a repository."""
    path = Path(source)
    return [str(path / name) for name in git.tracked(path)] if git.top_level(path) else []


def _reason(source: CompiledSource) -> str:
    if source.kind == "extension":
        from devenv.sources.extensions import edited_file

        if file := edited_file(source):
            return f"{file} changed"
    return f"{source.package} changed in {source.path} since it was compiled"


def _extension(source: CompiledSource) -> str:
    from devenv.sources.extensions import content_now

    return content_now(source)


def _toolchain(source: CompiledSource) -> str:
    from devenv.sources.toolchain_tree import read_tree

    return read_tree(Path(source.path), Path(source.work))[0].content


_CONTENT = {"extension": _extension, "toolchain": _toolchain}

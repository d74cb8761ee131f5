"""Is what was compiled from dev sources what they say now? By content, without a compiler."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.environment import CompiledSource


def edited(sources: Iterable[CompiledSource]) -> str:
    """Why the first of these is to be compiled again; empty where none is."""
    for one in sources:
        if _CONTENT[one.kind](one) != one.content:
            return f"{one.package} changed in {one.path} since it was compiled"
    return ""


def _toolchain(one: CompiledSource) -> str:
    from devenv.sources.toolchain_tree import read_tree

    return read_tree(Path(one.path), Path(one.work))[0].content


_CONTENT = {"toolchain": _toolchain}

"""Is what was compiled from dev sources what they say now? By content, without a compiler."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.core.environment import CompiledSource


def edited(sources: Iterable[CompiledSource]) -> str:
    """Why the first of these is to be compiled again; empty where none is."""
    reasons = (_REASONS[one.kind](one) for one in sources)
    return next(filter(None, reasons), "")


def _extension(one: CompiledSource) -> str:
    from devenv.sources.extensions import edited_since

    return edited_since(one)


def _toolchain(one: CompiledSource) -> str:
    from devenv.sources.toolchain_tree import read_tree

    same = read_tree(Path(one.path), Path(one.work))[0].content == one.content
    return "" if same else f"{one.package} changed in {one.path} since it was compiled"


_REASONS = {"extension": _extension, "toolchain": _toolchain}

"""Is what was compiled from dev sources what they say now? By content, without a compiler."""

from __future__ import annotations

from collections.abc import Iterable

from devenv.core.environment import CompiledSource


def edited(sources: Iterable[CompiledSource]) -> str:
    """Why the first of these is to be compiled again; empty where none is."""
    reasons = (_REASONS[one.kind](one) for one in sources)
    return next(filter(None, reasons), "")


def _extension(one: CompiledSource) -> str:
    from devenv.sources.extensions import edited_since

    return edited_since(one)


_REASONS = {"extension": _extension}

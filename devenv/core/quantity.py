"""Numbers of things in messages."""

from __future__ import annotations

from collections.abc import Sized


def quantity(number: int | Sized, noun: str) -> str:
    """``1 mechanism``, ``2 mechanisms``. number: or what has that many. noun: in the singular."""
    count = number if isinstance(number, int) else len(number)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

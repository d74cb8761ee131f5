"""Numbers of things, sizes and ages in messages."""

from __future__ import annotations

from collections.abc import Sized

_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))  # seconds


def quantity(number: int | Sized, noun: str) -> str:
    """``1 mechanism``, ``2 mechanisms``. number: or what has that many. noun: in the singular."""
    count = number if isinstance(number, int) else len(number)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def megabytes(size: int) -> str:
    """``12.3 MB``. size: in bytes."""
    return f"{size / 1e6:.1f} MB"


def age(seconds: float) -> str:
    """``3 days``, ``119 minutes``: in the largest unit of which there are at least two."""
    found = ((int(seconds // size), unit) for unit, size in _UNITS if seconds >= 2 * size)
    return next((f"{count} {unit}" for count, unit in found), f"{int(seconds)} seconds")

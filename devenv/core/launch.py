"""A request to run something on ranks, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LaunchRequest:
    """argv on `ranks` ranks. ranks 0: not asked for, a plain process."""

    argv: tuple[str, ...]
    ranks: int = 0


@dataclass(frozen=True)
class Launch:
    """The argv to execute, variables for it, the launcher's name and why it was chosen."""

    argv: tuple[str, ...]
    launcher: str
    why: str
    env: tuple[tuple[str, str], ...] = ()

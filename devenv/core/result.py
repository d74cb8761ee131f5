"""The result of a workflow. Only the command line decides how it is displayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """A finding of a check. id: stable, for scripts. fix: what to do. page: where to read more."""

    id: str
    severity: Severity
    what: str
    why: str = ""
    fix: str = ""
    page: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a header, for lists that people read."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Result:
    """lines: for people. data: the same for machines (--json). code: the exit code."""

    lines: tuple[str, ...] = ()
    table: Table | None = None
    findings: tuple[Finding, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    code: int = 0

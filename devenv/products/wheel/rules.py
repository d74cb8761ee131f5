"""The input of the checks of a wheel: its facts, its platform, and the project's policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.core.result import Finding, Severity
from devenv.products.wheel.facts import Facts
from devenv.products.wheel.platforms import Platform


@dataclass(frozen=True)
class Allowed:
    """A finding that the project allows. id, path, library: patterns (``*``). reason: for the report."""

    id: str
    reason: str
    path: str = "*"
    library: str = "*"


@dataclass(frozen=True)
class Opened:
    """Libraries that the files at `path` (a pattern) open at run time, by name."""

    path: str
    libraries: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A project's policy for its wheels. opens: by dlopen. host: libraries of the host (patterns)."""

    allow: tuple[Allowed, ...] = ()
    opens: tuple[Opened, ...] = ()
    host: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A wheel to check. platform: None for a wheel that is not for Linux."""

    facts: Facts
    platform: Platform | None
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class Located:
    """A finding with its file and library, for comparison with the project's allowances."""

    finding: Finding
    path: str = ""
    library: str = ""


def located(
    id_: str,
    severity: Severity,
    path: str,
    what: str,
    why: str = "",
    fix: str = "",
    library: str = "",
) -> Located:
    """A finding about the file at `path`, and about a library that it needs."""
    return Located(Finding(id_, severity, what, why, fix), path, library)

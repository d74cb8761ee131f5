"""What a wheel is judged by: its facts, its platform, and what the project says of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.core.result import Finding, Severity
from devenv.products.wheel.facts import Facts
from devenv.products.wheel.platforms import Platform


@dataclass(frozen=True)
class Allowed:
    """A finding that is known and meant. id, path, library: patterns (``*``). reason: for people."""

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
    """What a project says of its wheels. opens: for dlopen. host: libraries of the host (patterns)."""

    allow: tuple[Allowed, ...] = ()
    opens: tuple[Opened, ...] = ()
    host: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What is judged. platform: None for a wheel that is not for Linux."""

    facts: Facts
    platform: Platform | None
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class Located:
    """A finding with the file and the library that it is about, which an allowance names."""

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
    """A finding about the file at `path` and a library that it asks for."""
    return Located(Finding(id_, severity, what, why, fix), path, library)

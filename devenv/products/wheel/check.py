"""Runs all checks of a wheel, and applies the project's policy to their findings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from devenv.core.result import Finding
from devenv.products.wheel.contents import identity, licences, record, size, stable_abi, tags
from devenv.products.wheel.libraries import foreign_paths, symbols, unreachable
from devenv.products.wheel.rules import Located, Policy, Subject

CHECKS: tuple[Callable[[Subject], Iterator[Located]], ...] = (
    unreachable,
    foreign_paths,
    symbols,
    tags,
    identity,
    record,
    stable_abi,
    licences,
    size,
)


def judge(subject: Subject) -> tuple[Finding, ...]:
    """All findings about one wheel. Those that the policy allows become notes with its reason."""
    findings = [one for check in CHECKS for one in check(subject)]
    return tuple(_allowed(one, subject.policy) for one in findings)


def _allowed(one: Located, policy: Policy) -> Finding:
    for allowed in policy.allow:
        names = (
            (one.finding.id, allowed.id),
            (one.path, allowed.path),
            (one.library, allowed.library),
        )
        if all(fnmatchcase(name, pattern) for name, pattern in names):
            return Finding(one.finding.id, "note", one.finding.what, f"allowed: {allowed.reason}")
    return one.finding

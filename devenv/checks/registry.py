"""The checks, in the order of the report."""

from __future__ import annotations

from devenv.checks import (
    base,
    compiler,
    coreneuron,
    hoc,
    imports,
    intact,
    libpython,
    libraries,
    local,
    missing,
    mixed,
    mpi,
    order,
    shadow,
    sources,
    spack,
    special,
    stale,
    start,
    variables,
)
from devenv.checks.evidence import Check, Evidence
from devenv.core.result import Finding

_ALL: tuple[Check, ...] = (
    sources,
    base,
    intact,
    shadow,
    imports,
    mixed,
    order,
    spack,
    variables,
    special,
    start,
    libraries,
    local,
    hoc,
    mpi,
    libpython,
    compiler,
    coreneuron,
    stale,
    missing,
)
CHECKS: dict[str, Check] = {check.ID: check for check in _ALL}


def judge_all(evidence: Evidence) -> tuple[Finding, ...]:
    """The findings of all checks, in the order of CHECKS."""
    return tuple(finding for check in CHECKS.values() for finding in check.judge(evidence))

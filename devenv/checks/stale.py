"""Has what went into the generation changed since it was built?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "stale"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    if evidence.gone:  # that comes first, and has a finding of its own
        return ()
    if not evidence.stale:
        return (Finding(ID, "ok", f"generation {generation.number} is what its sources give"),)
    what = f"generation {generation.number} is not up to date: {', '.join(evidence.stale)}"
    return (Finding(ID, "warning", what, fix=f"devenv build {generation.name}"),)

"""Have the generation's sources changed since it was built?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "stale"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    if evidence.missing_sources:  # which has a finding of its own
        return ()
    if not evidence.stale:
        return (Finding(ID, "ok", f"generation {generation.number} is up to date"),)
    what = f"generation {generation.number} is out of date: {', '.join(evidence.stale)}"
    return (Finding(ID, "warning", what, fix=f"devenv build {generation.name}"),)

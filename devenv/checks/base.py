"""Can the base's modules be loaded?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "base"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    modules = evidence.generation.base.modules
    if not modules:
        return ()
    if not evidence.base_error:
        return (Finding(ID, "ok", f"the base's modules load: {', '.join(modules)}"),)
    what, _, fix = evidence.base_error.partition("\n")
    why = "the environment cannot be activated without it"
    return (Finding(ID, "error", what, why, fix.strip()),)

"""Can the modules be loaded that lie beneath?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "base"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    modules = evidence.generation.base.modules
    if not modules:
        return ()
    if not evidence.base:
        return (Finding(ID, "ok", f"the base can be loaded: {', '.join(modules)}"),)
    what, _, fix = evidence.base.partition("\n")
    why = "the environment refuses to be activated without it"
    return (Finding(ID, "error", what, why, fix.strip()),)

"""Does the environment lack a part that could not be reached when it was built?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "missing"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    model = (generation.model.missing,) if generation.model else ()
    parts = dict.fromkeys(part for part in (*generation.missing, *model) if part)
    fix = f"devenv build {generation.name}, once it can be reached"
    return tuple(Finding(ID, "warning", part, fix=fix) for part in parts)

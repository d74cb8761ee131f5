"""Does the working directory hold a compiled model that gets in front?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "local"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None or not evidence.answer.local:
        return ()
    what = f"the working directory has a compiled model: {', '.join(evidence.answer.local)}"
    why = "neurodamus takes ./x86_64/special before the one in PATH"
    model = evidence.generation.model
    if model is None or model.preload:  # else import and nrniv are given the environment's
        why += ", and NEURON loads the library of mechanisms that it finds there"
    fix = "Run in another folder, or move that one away."
    return (Finding(ID, "warning", what, why, fix),)

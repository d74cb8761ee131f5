"""Does the working directory have a compiled model that would be used instead?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "local"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None or not evidence.answer.local:
        return ()
    what = f"the working directory has a compiled model: {', '.join(evidence.answer.local)}"
    why = "neurodamus runs ./x86_64/special before the one in PATH"
    model = evidence.generation.model
    if model is None or model.preload:  # otherwise import and nrniv get the environment's
        why += ", and NEURON loads the library of mechanisms in it"
    fix = "Run in another directory, or move the model away."
    return (Finding(ID, "warning", what, why, fix),)

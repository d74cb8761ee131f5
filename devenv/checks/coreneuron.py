"""Does one of the environment's models have a known problem?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "coreneuron"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    models = evidence.generation.models
    notes = dict.fromkeys(note for model in models for note in model.notes)
    if notes:
        fix = "Use another NEURON: devenv create NAME --neuron neuron-nightly"
        return tuple(Finding(ID, "warning", note, fix=fix) for note in notes)
    if any(model.core_library for model in models):
        return (Finding(ID, "ok", "a model for CoreNEURON is built"),)
    return ()

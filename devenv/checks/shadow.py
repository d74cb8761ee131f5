"""Does a module on PYTHONPATH shadow one of the standard library?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "shadow"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    why = "every Python of the environment imports it instead, NEURON's too"
    return tuple(
        Finding(
            ID,
            "error",
            f"{path} on PYTHONPATH shadows a module of the standard library",
            why,
            f"Rename it, or remove {path.rpartition('/')[0]} from PYTHONPATH",
        )
        for path in evidence.shadows
    )

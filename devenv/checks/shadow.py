"""Does a module on PYTHONPATH take the place of one of Python's own?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "shadow"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    why = "every Python of the environment imports it in the place of its own, NEURON's as well"
    return tuple(
        Finding(
            ID,
            "error",
            f"{path} on PYTHONPATH takes the place of a module of the standard library",
            why,
            f"Rename it, or take {path.rpartition('/')[0]} out of PYTHONPATH",
        )
        for path in evidence.shadows
    )

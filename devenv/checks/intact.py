"""Is every file that the environment uses as it was made?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "intact"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    name = evidence.generation.name
    fix = f"devenv build {name} --force"
    if evidence.damaged:
        return tuple(Finding(ID, "error", what, _why(what), fix) for what in evidence.damaged)
    if not evidence.verified:
        return ()
    return (Finding(ID, "ok", f"{evidence.verified} folders hold what they were made with"),)


def _why(what: str) -> str:
    if "was added" in what:
        return (
            "an installer put it there; what you need belongs under packages: in environment.yaml"
        )
    return "another program or the disk changed it: what runs is not what was locked and built"

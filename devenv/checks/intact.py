"""Are all files that the environment uses unchanged?"""

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
    return (Finding(ID, "ok", f"{evidence.verified} directories are unchanged"),)


def _why(what: str) -> str:
    if "was added" in what:
        return "an installer added it; list what you need under packages: in environment.yaml"
    return "another program or the disk changed it: what runs is not what was locked and built"

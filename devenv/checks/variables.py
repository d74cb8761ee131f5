"""In a fresh activated shell: is each variable what the environment sets, and is what it names there?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.delta import Set
from devenv.core.result import Finding

ID = "variable"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None:
        return ()
    generation = evidence.generation
    wanted = {e.name: e.value for e in generation.delta.edits if isinstance(e, Set)}
    rebuild = f"devenv build {generation.name}"
    findings = [
        Finding(ID, "error", f"{name} is {value}, not {wanted.get(name)}", fix=rebuild)
        for name, value, _ in evidence.answer.variables
        if value != wanted.get(name)
    ]
    findings += [
        Finding(ID, "error", f"{name} names {value}, which is not there", fix=rebuild)
        for name, value, there in evidence.answer.variables
        if value.startswith("/") and not there and not _of_gone(value, evidence)
    ]
    ok = Finding(ID, "ok", f"{len(wanted)} variables are what the environment sets")
    return tuple(findings) or (ok,)


def _of_gone(path: str, evidence: Evidence) -> bool:
    """What a dev source that is gone took with it has that source's finding."""
    return any(f"{path}/".startswith(f"{folder}/") for _, folder in evidence.gone)

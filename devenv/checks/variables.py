"""In a fresh activated shell: has each variable the environment's value, and does the path exist?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.delta import Set
from devenv.core.quantity import quantity
from devenv.core.result import Finding

ID = "variable"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None:
        return ()
    generation = evidence.generation
    expected = {e.name: e.value for e in generation.delta.edits if isinstance(e, Set)}
    rebuild = f"devenv build {generation.name}"
    findings = [
        Finding(ID, "error", f"{name} is {value}, not {expected.get(name)}", fix=rebuild)
        for name, value, _ in evidence.answer.variables
        if value != expected.get(name)
    ]
    findings += [
        Finding(ID, "error", f"{name} is {value}, which does not exist", fix=rebuild)
        for name, value, exists in evidence.answer.variables
        if value.startswith("/") and not exists and not _of_missing(value, evidence)
    ]
    ok = Finding(ID, "ok", f"{quantity(expected, 'variable')} have the environment's values")
    return tuple(findings) or (ok,)


def _of_missing(path: str, evidence: Evidence) -> bool:
    """Whether the path belongs to a missing dev source, which has a finding of its own."""
    return any(f"{path}/".startswith(f"{folder}/") for _, folder in evidence.missing_sources)

"""Which HOC files does NEURON find first?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "hoc"
_SHOWN = 5


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None or not evidence.answer.hoc:
        return ()
    wrong = [(name, hit, path) for name, hit, path in evidence.answer.hoc if hit != path]
    if not wrong:
        return (Finding(ID, "ok", _where(evidence.answer.hoc)),)
    findings = [_finding(name, hit, path, evidence) for name, hit, path in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        findings.append(Finding(ID, "error", f"and {len(wrong) - _SHOWN} more HOC files"))
    return tuple(findings)


def _finding(name: str, hit: str, path: str, evidence: Evidence) -> Finding:
    if not hit:
        why = "no directory in HOC_LIBRARY_PATH has it; a space in a path ends its entry"
        return Finding(
            ID, "error", f"NEURON does not find {name}, which is {path}", why, _rebuild(evidence)
        )
    what = f"NEURON loads {name} from {hit}, not {path}"
    if evidence.cwd and hit.startswith(evidence.cwd.rstrip("/") + "/"):
        why = "NEURON searches the working directory before HOC_LIBRARY_PATH"
        return Finding(ID, "warning", what, why, "Run in another directory, or rename the file.")
    return Finding(
        ID, "error", what, "its directory comes first in HOC_LIBRARY_PATH", _rebuild(evidence)
    )


def _where(hits: tuple[tuple[str, str, str], ...]) -> str:
    folders = dict.fromkeys(hit.rpartition("/")[0] for _, hit, _ in hits)
    return f"NEURON finds {len(hits)} HOC files in {', '.join(folders)}"


def _rebuild(evidence: Evidence) -> str:
    return f"devenv build {evidence.generation.name}"

"""In the shell that devenv was called from: does what is ours still come first?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.delta import Append, Prepend, Remove, Set, apply, entries
from devenv.core.result import Finding

ID = "order"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation, environ = evidence.generation, evidence.environ
    if environ.get("DEVENV_ENV") != generation.name:
        return ()
    front = [_front(name, evidence) for name in _lists(evidence)]
    changed = [_changed(name, evidence) for name in generation.delta.names()]
    problems = [problem for problem in (*front, *changed) if problem]
    if not problems:
        return (Finding(ID, "ok", "in this shell, what is ours comes first"),)
    why = "it was put there after the activation"
    fix = f"devenv activate {generation.name}; devenv run, test and build put it right themselves"
    by = _modules(evidence)
    return tuple(Finding(ID, "error", f"{problem}{by}", why, fix) for problem in problems)


def _lists(evidence: Evidence) -> list[str]:
    edits = (e for e in evidence.generation.delta.edits if isinstance(e, Prepend))
    return list(dict.fromkeys(edit.name for edit in edits))


def _front(name: str, evidence: Evidence) -> str:
    """What stands before the first entry of ours, where there should be nothing."""
    ours = entries(apply(evidence.generation.delta, {}).get(name))
    now = entries(evidence.environ.get(name))
    if not ours or now[:1] == ours[:1]:
        return ""
    if ours[0] not in now:
        return f"in this shell {name} has lost {ours[0]}"
    return f"in this shell {', '.join(now[: now.index(ours[0])])} comes before ours in {name}"


def _changed(name: str, evidence: Evidence) -> str:
    edits = [e for e in evidence.generation.delta.edits if e.name == name]
    if any(isinstance(e, (Prepend, Append, Remove)) for e in edits) or not isinstance(
        edits[-1], Set
    ):
        return ""
    now = evidence.environ.get(name)
    return "" if now == edits[-1].value else f"in this shell {name} is {now}, not {edits[-1].value}"


def _modules(evidence: Evidence) -> str:
    """The loaded modules that are none of the base's."""
    loaded = [m for m in evidence.environ.get("LOADEDMODULES", "").split(":") if m]
    base = evidence.generation.base.modules
    later = [m for m in loaded if not any(m == b or m.startswith(f"{b}/") for b in base)]
    return f" (modules that are loaded here: {', '.join(later)})" if later else ""

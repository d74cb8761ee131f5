"""In the calling shell: do the environment's entries still come first?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.delta import Prepend, Set, apply, entries
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
        return (Finding(ID, "ok", "in this shell, the environment's entries come first"),)
    why = "it changed after the activation"
    fix = f"devenv activate {generation.name}; devenv run, test and build correct it themselves"
    by = _modules(evidence)
    return tuple(Finding(ID, "error", f"{problem}{by}", why, fix) for problem in problems)


def _lists(evidence: Evidence) -> list[str]:
    edits = (e for e in evidence.generation.delta.edits if isinstance(e, Prepend))
    return list(dict.fromkeys(edit.name for edit in edits))


def _front(name: str, evidence: Evidence) -> str:
    """A problem with the first entries of a list, in words; empty if the environment's come first."""
    ours = entries(apply(evidence.generation.delta, {}).get(name))
    now = entries(evidence.environ.get(name))
    if not ours or now[:1] == ours[:1]:
        return ""
    if ours[0] not in now:
        return f"in this shell, {name} lacks {ours[0]}"
    return f"in this shell, {', '.join(now[: now.index(ours[0])])} comes first in {name}"


def _changed(name: str, evidence: Evidence) -> str:
    last = evidence.generation.delta.of(name)[-1]
    if not isinstance(last, Set):
        return ""
    now = evidence.environ.get(name)
    return "" if now == last.value else f"in this shell, {name} is {now}, not {last.value}"


def _modules(evidence: Evidence) -> str:
    """The loaded modules that do not belong to the base."""
    loaded = [m for m in evidence.environ.get("LOADEDMODULES", "").split(":") if m]
    base = evidence.generation.base.modules
    later = [m for m in loaded if not any(m == b or m.startswith(f"{b}/") for b in base)]
    return f" (loaded modules: {', '.join(later)})" if later else ""

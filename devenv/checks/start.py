"""Do python, special and nrniv start, each with the environment's model and no other?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence, Start
from devenv.core.environment import BuiltModel, Generation
from devenv.core.result import Finding

ID = "start"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    model = generation.model
    if model is None or not evidence.starts:
        return ()
    findings = tuple(_finding(start, model, generation.name) for start in evidence.starts)
    return (*findings, *_without_python(generation))


def _finding(start: Start, model: BuiltModel, environment: str) -> Finding:
    model_of = f"the model {model.key}"
    if start.others:
        what = f"{start.program} loads {', '.join(start.others)} as well as {model_of}"
        fix = "Unset the variable or leave the directory that adds it, then: devenv doctor"
        return Finding(ID, "error", what, "it has other mechanisms", fix)
    if not start.loaded:
        what = f"{start.program} does not start with {model_of}: {model.library}"
        return Finding(ID, "error", what, start.failure, f"devenv build {environment}")
    inserted = f", {' and '.join(start.inserted)} inserted" if start.inserted else ""
    return Finding(ID, "ok", f"{start.program} starts with {model_of}{inserted}")


def _without_python(generation: Generation) -> tuple[Finding, ...]:
    if not (generation.model and generation.model.preload):
        return ()
    what = "python cannot load this model: the address sanitizer in it must be loaded first"
    fix = "Use special or nrniv, or load it in devenv run --no-special: h.nrn_load_dll(LIBRARY)"
    return (Finding(ID, "note", what, fix=fix),)

"""Does the loader use the libraries of another NEURON?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.engines import facts_of
from devenv.core.environment import Generation
from devenv.core.result import Finding

ID = "library"
REMEDY = "Unload the module that brings it, or: unset LD_LIBRARY_PATH LD_PRELOAD"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.answer is None or not evidence.answer.loaded:
        return ()
    what = f"LD_LIBRARY_PATH or LD_PRELOAD names {', '.join(evidence.answer.loaded)}"
    why = "Python loads it instead of the environment's own; special ignores LD_LIBRARY_PATH"
    return (Finding(ID, "error", what, why, REMEDY),)


def own_libraries(generation: Generation) -> tuple[str, ...]:
    """The directories of the environment's libraries; none if its engine sets RPATHs."""
    if not facts_of(generation.engine).compiles_models or not generation.neuron:
        return ()
    model = generation.model
    of_model = (model.library.rpartition("/")[0],) if model else ()
    developed = [f"{one.built}/lib" for one in generation.compiled if one.kind == "toolchain"]
    return (*(developed or (f"{generation.neuron}/neuron/.data/lib",)), *of_model)

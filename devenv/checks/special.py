"""Which special would run?"""

from __future__ import annotations

import posixpath

from devenv.checks.evidence import Evidence
from devenv.core.delta import Prepend
from devenv.core.result import Finding

ID = "special"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    if evidence.answer is None or generation.model is None:
        return ()
    path = evidence.answer.special
    if not path:
        what = "no special in PATH, although the environment has a model"
        return (Finding(ID, "error", what, fix=f"devenv build {generation.name}"),)
    edits = (e for e in generation.delta.edits if e.name == "PATH" and isinstance(e, Prepend))
    ours = {posixpath.join(edit.value, "special") for edit in edits} | {generation.model.special}
    if path not in ours:
        what = f"special is {path}, not the one of the model {generation.model.key}"
        fix = f"devenv build {generation.name}, or remove that directory from PATH"
        return (Finding(ID, "error", what, "it has other mechanisms", fix),)
    return (Finding(ID, "ok", f"special is {path}"),)

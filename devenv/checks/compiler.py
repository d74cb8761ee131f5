"""Is there a C++ compiler for the next build of the model?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "compiler"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.generation.model is None:
        return ()
    if evidence.compiler:
        return (Finding(ID, "ok", f"the C++ compiler is {evidence.compiler}"),)
    if evidence.compiler_error:
        what, _, fix = evidence.compiler_error.partition("\n")
        return (Finding(ID, "error", what, "a changed MOD file cannot be compiled", fix.strip()),)
    why = "existing models run, but a changed MOD file cannot be compiled"
    fix = "Install one (Debian: apt-get install g++ make), or load the site's module."
    return (Finding(ID, "warning", "no C++ compiler was found", why, fix),)

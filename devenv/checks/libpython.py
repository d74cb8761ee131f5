"""Does Python have the shared library that special loads?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "libpython"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    if evidence.generation.model is None:
        return ()
    if evidence.libpython:
        return (Finding(ID, "ok", f"libpython is {evidence.libpython}"),)
    what = f"{evidence.generation.python} has no shared library (libpython)"
    fix = "Install it (Debian: apt-get install libpython3-dev), or let devenv install a Python."
    return (Finding(ID, "error", what, "special cannot run Python without it", fix),)

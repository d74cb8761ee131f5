"""In an activated shell: is an environment of the user's own Spack active beside devenv's?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "spack"

# SPACK_ROOT and the like are set by Spack's own setup-env.sh in every shell, and are no harm.
_ACTIVE = {
    "SPACK_ENV": "spack env deactivate",
    "SPACK_ENV_VIEW": "spack env deactivate",
    "SPACK_LOADED_HASHES": "spack unload --all",
}


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    environ, name = evidence.environ, evidence.generation.name
    found = [variable for variable in _ACTIVE if environ.get(variable)]
    if environ.get("DEVENV_ENV") != name:
        return ()
    if not found:
        return (Finding(ID, "ok", "in this shell, no other environment of Spack's is active"),)
    said = ", ".join(f"{variable}={environ[variable]}" for variable in found)
    ways = " and ".join(dict.fromkeys(_ACTIVE[variable] for variable in found))
    return (
        Finding(
            ID,
            "warning",
            f"in this shell your own Spack has something active: {said}",
            f"the command spack acts on that and not on {name}, and what it put into PATH and"
            " PYTHONPATH is still there",
            f"{ways}; where that fails, since it is gone: unset {' '.join(found)}",
        ),
    )

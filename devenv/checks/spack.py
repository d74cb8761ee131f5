"""In an activated shell: is an environment of the user's own Spack active too?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "spack"

# SPACK_ROOT and the like are set by Spack's setup-env.sh in every shell, and do no harm.
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
        return (Finding(ID, "ok", "no other Spack environment is active in this shell"),)
    values = ", ".join(f"{variable}={environ[variable]}" for variable in found)
    ways = " and ".join(dict.fromkeys(_ACTIVE[variable] for variable in found))
    return (
        Finding(
            ID,
            "warning",
            f"your own Spack is active in this shell: {values}",
            f"the command spack acts on that and not on {name}, and its entries in PATH and"
            " PYTHONPATH remain",
            f"{ways}; if that fails because it no longer exists: unset {' '.join(found)}",
        ),
    )

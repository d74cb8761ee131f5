"""In an activated shell: is an environment of the user's own Spack active too?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "spack"

# Spack's setup-env.sh sets SPACK_ROOT and similar variables in every shell, which is harmless.
_ACTIVE = {
    "SPACK_ENV": "spack env deactivate",
    "SPACK_ENV_VIEW": "spack env deactivate",
    "SPACK_LOADED_HASHES": "spack unload --all",
}


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    environ, name = evidence.environ, evidence.generation.name
    active = [variable for variable in _ACTIVE if environ.get(variable)]
    if environ.get("DEVENV_ENV") != name:
        return ()
    if not active:
        return (Finding(ID, "ok", "no other Spack environment is active in this shell"),)
    values = ", ".join(f"{variable}={environ[variable]}" for variable in active)
    ways = " and ".join(dict.fromkeys(_ACTIVE[variable] for variable in active))
    return (
        Finding(
            ID,
            "warning",
            f"your own Spack is active in this shell: {values}",
            f"the command spack acts on that and not on {name}, and its entries in PATH and"
            " PYTHONPATH remain",
            f"{ways}; if that fails because it no longer exists: unset {' '.join(active)}",
        ),
    )

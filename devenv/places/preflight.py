"""Whether GPUs are wanted, and the look at a node before the work on it: quick, for every run."""

from __future__ import annotations

import shlex
import sys

from devenv.core.environment import Generation


def for_gpu(generation: Generation) -> bool:
    """Whether its model is one for GPUs."""
    if generation.model is None or "gpu" not in generation.model.variants:
        return False
    # Nearly every run is done here, and waits for no import.
    from devenv.core.spec import parse_variants

    return parse_variants(generation.model.variants).get("gpu") is True


def after_preflight(name: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """`argv` behind the preflight on the node that it comes to; of a node's ranks the first speaks."""
    devenv = shlex.join((sys.executable, "-I", "-m", "devenv", "gpu", name))
    first = '[ "${SLURM_LOCALID:-${OMPI_COMM_WORLD_LOCAL_RANK:-0}}" = 0 ]'
    script = f'if {first}; then {devenv} >&2; else {devenv} >/dev/null 2>&1; fi && exec "$@"'
    return ("sh", "-c", script, "sh", *argv)

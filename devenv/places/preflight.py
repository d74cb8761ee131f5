"""Whether a run uses GPUs, and the check of a node before a run. Fast, since every run needs it."""

from __future__ import annotations

import shlex
import sys

from devenv.core.environment import Generation


def for_gpu(generation: Generation) -> bool:
    """Whether the generation's model is for GPUs."""
    if generation.model is None or "gpu" not in generation.model.variants:
        return False
    # Nearly every run ends here, without the cost of an import.
    from devenv.core.spec import parse_variants

    return parse_variants(generation.model.variants).get("gpu") is True


def after_preflight(name: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """`argv` with the check before it, on the node where it runs. Only a node's first rank prints it."""
    devenv = shlex.join((sys.executable, "-I", "-m", "devenv", "gpu", name))
    first = '[ "${SLURM_LOCALID:-${OMPI_COMM_WORLD_LOCAL_RANK:-0}}" = 0 ]'
    script = f'if {first}; then {devenv} >&2; else {devenv} >/dev/null 2>&1; fi && exec "$@"'
    return ("sh", "-c", script, "sh", *argv)

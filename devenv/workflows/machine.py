"""The host's facts, as the launchers want them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from devenv.launchers import HostFacts, Mpi
from devenv.system import host
from devenv.workflows.context import Context

_SPECIAL_STEPS = 0xFFFFFFF0
"""Slurm numbers the batch script and an interactive shell as steps from here on: no ranks of ours."""


def host_facts(context: Context) -> HostFacts:
    """What launchers decide by."""
    environ = context.environ
    srun = shutil.which("srun", path=environ.get("PATH"))
    return HostFacts(
        cores=host.cores(),
        root=os.geteuid() == 0,
        mpi=tuple(Mpi(*found) for found in host.mpi_launchers(environ)),
        libmpi=host.neuron_mpi_library(environ),
        scheduler="slurm" if srun and _slurm_is_set_up(environ) else "",
        srun=srun or "srun",
        allocation="SLURM_JOB_ID" in environ,
        step=ranks_of_step(environ),
    )


def ranks_of_step(environ: Mapping[str, str]) -> int:
    """Of how many ranks this process is one; 0: it is none."""
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"):
        if environ.get(name, "").isdigit():
            return int(environ[name])
    step = environ.get("SLURM_STEP_ID", "")
    if step.isdigit() and int(step) < _SPECIAL_STEPS:
        return int(environ.get("SLURM_STEP_NUM_TASKS", "1"))
    return 0


def _slurm_is_set_up(environ: Mapping[str, str]) -> bool:
    """srun alone is no cluster: there is one where its settings are."""
    configured = environ.get("SLURM_CONF", "/etc/slurm/slurm.conf")
    return "SLURM_JOB_ID" in environ or os.path.exists(configured)

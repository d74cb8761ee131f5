"""The host's facts, as the launchers want them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devenv.launchers import HostFacts, Mpi
from devenv.system import mpi
from devenv.workflows.context import Context


def host_facts(context: Context, wrapper: tuple[str, ...] = ()) -> HostFacts:
    """What launchers decide by. wrapper: what runs a command in a PBS job, from the settings."""
    environ = context.environ
    host = mpi.observe(environ)
    return HostFacts(
        cores=host.cores,
        root=host.root,
        mpi=tuple(Mpi(found.flavour, found.mpirun, found.version) for found in host.mpi),
        libmpi=host.libmpi,
        scheduler=host.scheduler if host.scheduler != "slurm" or _slurm_is_set_up(environ) else "",
        srun=host.srun,
        pmi=host.pmi if _slurm_is_set_up(environ) else (),
        allocation=host.allocation,
        step=host.step,
        wrapper=wrapper or (("qcmd",) if host.qcmd else ()),
    )


def is_rank(context: Context) -> bool:
    """Whether this process is one of the ranks of a job."""
    return mpi.step_size(context.environ) > 0


def _slurm_is_set_up(environ: Mapping[str, str]) -> bool:
    """srun alone is no cluster: there is one where its settings are (slurm.conf(5), configless too)."""
    usual = ("/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf", "/etc/slurm-llnl/slurm.conf")
    configured = (environ["SLURM_CONF"],) if environ.get("SLURM_CONF") else usual
    return "SLURM_JOB_ID" in environ or any(Path(path).exists() for path in configured)

"""The host's facts, as the launchers want them."""

from __future__ import annotations

from devenv.launchers import HostFacts, Mpi
from devenv.system import mpi
from devenv.workflows.context import Context


def host_facts(context: Context, wrapper: tuple[str, ...] = ()) -> HostFacts:
    """What launchers decide by. wrapper: what runs a command in a PBS job, from the settings."""
    host = mpi.observe(context.environ)
    return HostFacts(
        cores=host.cores,
        root=host.root,
        mpi=tuple(Mpi(found.flavour, found.mpirun, found.version) for found in host.mpi),
        libmpi=host.libmpi,
        scheduler=host.scheduler,
        srun=host.srun,
        pmi=host.pmi,
        allocation=host.allocation,
        step=host.step,
        wrapper=wrapper or (("qcmd",) if host.qcmd else ()),
    )


def is_rank(context: Context) -> bool:
    """Whether this process is one of the ranks of a job."""
    return mpi.step_size(context.environ) > 0

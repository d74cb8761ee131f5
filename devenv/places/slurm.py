"""srun and salloc. Each flavour of MPI meets its ranks through a PMI of its own (Slurm 22.05)."""

from __future__ import annotations

from dataclasses import replace

from devenv.core.launch import Launch, LaunchRequest, Resources
from devenv.core.machine import HostFacts
from devenv.core.mpi import pmi_of, title
from devenv.places import slurm_queue
from devenv.places.mpi import no_library
from devenv.places.place import Queue
from devenv.places.slurm_queue import options

QUEUE: Queue | None = slurm_queue


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
    """Slurm, an MPI library, and the PMI that it needs have to be there."""
    if facts.scheduler != "slurm":
        return (("there is no Slurm here", "Omit it, or log in to the cluster."),)
    if not request.mpi:
        return ()
    if not facts.libmpi:
        return no_library("openmpi")
    pmi = pmi_of(facts.libmpi)
    if facts.pmi and pmi and pmi not in facts.pmi:
        what = f"{title(facts.libmpi)} needs srun --mpi={pmi}, and this Slurm has {', '.join(facts.pmi)}"
        return ((what, f"Use a launcher of its own (--launcher mpi), or a Slurm with {pmi}."),)
    return ()


def command(request: LaunchRequest, facts: HostFacts) -> Launch:
    """``srun -n RANKS --mpi=PMI argv``; inside an allocation it uses that, else it asks for one.

    --quit-on-interrupt: one Ctrl-C is enough, as everywhere else. --export=ALL: where a site or a user
    has another default (SLURM_EXPORT_ENV, SBATCH_EXPORT), the ranks would not have the environment.
    """
    asked = request.resources
    if facts.allocation:  # of several nodes srun would tell that one process needs one
        asked = within(replace(asked, nodes=asked.nodes or int(request.ranks <= 1)))
    pmi = pmi_of(facts.libmpi) if request.mpi else "none"
    how = (f"--mpi={pmi}",) if pmi else ()
    ranks = ("-n", str(max(request.ranks, 1)))
    fixed = ("--quit-on-interrupt", "--export=ALL")
    argv = (facts.srun, *ranks, *how, *fixed, *options(asked), *request.argv)
    return Launch(argv, "slurm", "", queued=not facts.allocation)


def within(asked: Resources) -> Resources:
    """What can still be asked for inside an allocation: that has its account, partition and time."""
    return replace(asked, account="", partition="", constraint="", time="", exclusive=False)

"""srun. Each flavour of MPI needs a specific PMI to connect its ranks (Slurm 22.05)."""

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
    """Unmet without Slurm, without an MPI library, or without the PMI that the library needs."""
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
    """``srun -n RANKS --mpi=PMI argv``. It uses the current allocation, or requests one.

    --quit-on-interrupt: one Ctrl-C is enough. --export=ALL: with another default of the site or the user
    (SLURM_EXPORT_ENV, SBATCH_EXPORT), the ranks would not get the environment.
    """
    asked = request.resources
    if facts.allocation:  # with several nodes, srun would warn that one process needs one
        asked = within(replace(asked, nodes=asked.nodes or int(request.ranks <= 1)))
    pmi = pmi_of(facts.libmpi) if request.mpi else "none"
    how = (f"--mpi={pmi}",) if pmi else ()
    ranks = ("-n", str(max(request.ranks, 1)))
    fixed = ("--quit-on-interrupt", "--export=ALL")
    argv = (facts.srun, *ranks, *how, *fixed, *options(asked), *request.argv)
    return Launch(argv, "slurm", "", queued=not facts.allocation)


def within(asked: Resources) -> Resources:
    """The resources that can be requested inside an allocation, which has its account, partition and
    time already."""
    return replace(asked, account="", partition="", constraint="", time="", exclusive=False)

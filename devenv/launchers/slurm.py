"""srun. Each flavour of MPI meets its ranks through a PMI of its own (measured with Slurm 22.05)."""

from __future__ import annotations

from devenv.core.launch import Launch, LaunchRequest
from devenv.launchers.facts import HostFacts
from devenv.launchers.mpi import no_library, title

PMI = {"openmpi": "pmix", "mpich": "pmi2"}


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Slurm, an MPI library, and the PMI that it needs have to be there."""
    if facts.scheduler != "slurm":
        return (
            ("there is no Slurm here", "Leave --launcher slurm out, or log in to the cluster."),
        )
    if not facts.libmpi:
        return no_library("openmpi")
    pmi = PMI.get(facts.libmpi, "")
    if facts.pmi and pmi and pmi not in facts.pmi:
        what = f"{title(facts.libmpi)} needs srun --mpi={pmi}, and this Slurm has {', '.join(facts.pmi)}"
        return ((what, f"Use a launcher of its own (--launcher mpi), or a Slurm with {pmi}."),)
    return ()


def command(request: LaunchRequest, facts: HostFacts) -> Launch:
    """``srun -n RANKS --mpi=PMI argv``; inside an allocation it uses that, else it asks for one."""
    pmi = PMI.get(facts.libmpi, "")
    how = (f"--mpi={pmi}",) if pmi else ()
    return Launch((facts.srun, "-n", str(max(request.ranks, 1)), *how, *request.argv), "slurm", "")

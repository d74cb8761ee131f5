"""Which variables of a job stay with it: both schedulers hand all of them on to what is started."""

from __future__ import annotations

from collections.abc import Mapping

KEPT = ("SLURM_CLUSTERS", "SLURM_CONF", "SLURM_TIME_FORMAT")
"""What a person sets, not Slurm for its jobs."""
_OF_A_JOB = ("SLURM", "PBS_")
_OF_A_RANK = ("OMPI_COMM_WORLD_", "PMIX_", "PMI_", "PMI2_", "MPI_LOCAL", "MV2_COMM_WORLD_")


def outside(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that say that we are in a job, or one of its ranks.

    A batch job whose script has them of another job takes itself for a rank of that one, and MPI waits
    for ranks that are long gone.
    """
    inside = "SLURM_JOB_ID" in environ or "PBS_JOBID" in environ
    drop = (*_OF_A_RANK, *(_OF_A_JOB if inside else ()))
    return {k: v for k, v in environ.items() if k in KEPT or not k.startswith(drop)}


def of_slurm(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the variables that Slurm sets for its jobs."""
    return tuple(sorted(n for n in environ if n.startswith("SLURM") and n not in KEPT))


def _outside() -> tuple[str, ...]:
    begin, kept = "|".join((*_OF_A_RANK, *_OF_A_JOB)), "|".join(KEPT)
    names = f"awk 'BEGIN {{for (n in ENVIRON) if (n ~ /^({begin})/ && n !~ /^({kept})$/) print n}}'"
    return ("sh", "-c", f'for name in $({names}); do unset "$name"; done; exec "$@"', "sh")


OUTSIDE = _outside()
"""In front of a command in a job step: it is started without the variables that `outside` leaves out.

MPI takes a process that has them for a rank: one that srun gave no PMI (--mpi=none) ends at once.
"""

"""Variables of a job that must not be inherited: both schedulers pass all of them to what is started."""

from __future__ import annotations

from collections.abc import Mapping

KEPT = ("SLURM_CLUSTERS", "SLURM_CONF", "SLURM_TIME_FORMAT")
"""Variables that users set, and not Slurm for its jobs."""
_OF_A_JOB = ("SLURM", "PBS_")
_OF_A_RANK = ("OMPI_COMM_WORLD_", "PMIX_", "PMI_", "PMI2_", "MPI_LOCAL", "MV2_COMM_WORLD_")


def outside(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables without those of the job, or the rank, that this process is in.

    A batch job that inherits those of another job considers itself a rank of that one, and MPI waits for
    ranks that have ended long ago.
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
"""Prefix of a command in a job step: starts it without the variables that `outside` removes.

MPI considers a process with them a rank, which ends at once if srun gave it no PMI (--mpi=none).
"""

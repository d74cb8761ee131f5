"""Which variables a batch job gets of the one who hands it in: both schedulers hand on all of them."""

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

"""Facts about this machine, and about the job that this process is in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mpi:
    """A command that starts ranks. flavour: openmpi, mpich or other. mpirun: its absolute path."""

    flavour: str
    mpirun: str
    version: str = ""


@dataclass(frozen=True)
class HostFacts:
    """Facts about this machine and this process's place on it.

    cores: that this process may use. root: whether it runs as root. mpi: in the order of PATH.
    libmpi: the flavour of the library that NEURON would open; empty for none. scheduler: slurm, pbs
    or empty. allocation: whether this process is in a job. step: the number of ranks in its job
    step or mpirun; 0 outside of both. srun: its path, if Slurm is set up. pmi: the types in `srun
    --mpi=list`; empty if it was not called. wrapper: the argv of the site's command that runs
    another command in a PBS job and waits for it (qcmd).
    """

    cores: int = 1
    root: bool = False
    mpi: tuple[Mpi, ...] = ()
    libmpi: str = ""
    scheduler: str = ""
    srun: str = "srun"
    pmi: tuple[str, ...] = ()
    allocation: bool = False
    step: int = 0
    wrapper: tuple[str, ...] = ()

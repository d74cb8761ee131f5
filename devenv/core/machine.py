"""What is known of the machine that we are on, and where on it we are."""

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
    """The machine, and where on it we are.

    cores: that this process may use. mpi: in the order of PATH. libmpi: the flavour of the library
    that NEURON would open, empty for none. scheduler: slurm, pbs or empty. allocation: inside a job.
    step: how many ranks the job step (or mpirun) has that we are a rank of; 0: not inside one.
    srun: where it is, where Slurm is set up. pmi: what `srun --mpi=list` names; empty: not asked.
    wrapper: the site's command that runs another in a PBS job and waits for it (qcmd), as argv.
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

"""What a launcher has to know about the machine, and what every launcher can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from devenv.core.launch import Launch, LaunchRequest


@dataclass(frozen=True)
class Mpi:
    """An MPI launcher on the machine. flavour: openmpi or mpich. mpirun: its absolute path."""

    flavour: str
    mpirun: str
    version: str = ""


@dataclass(frozen=True)
class HostFacts:
    """The machine, and where on it we are.

    cores: that this process may use. mpi: in the order of PATH. libmpi: the flavour of the library
    that NEURON would open, empty for none. scheduler: slurm or empty. allocation: inside a job.
    step: how many ranks the job step (or mpirun) has that we are a rank of; 0: not inside one.
    srun: where it is. pmi: what `srun --mpi=list` names; empty: not asked.
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


class Launcher(Protocol):
    """One way to start ranks: a module with these functions. Both are pure."""

    def unmet(self, request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
        """What stands against it here, as (what, fix) pairs; empty: it can be used."""
        ...

    def command(self, request: LaunchRequest, facts: HostFacts) -> Launch:
        """The argv and its variables. Call it only where `unmet` is empty; `why` is left empty."""
        ...

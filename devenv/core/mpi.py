"""The flavours of MPI that NEURON can open: all that differs between them, in one table.

A rank's own copy is in resources/rank/init.py, a script that imports nothing of devenv.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flavour:
    """An implementation of MPI. title: as people write it. packages: of Debian.

    pmi: the interface through which its ranks connect in Slurm. library: the soname that its
    programs are linked to. neuron: the library through which NEURON opens it, relative to NEURON's
    home. size: the variable in which its launcher passes the number of ranks.
    """

    title: str
    pmi: str
    packages: str
    library: str
    neuron: str
    size: str


FLAVOURS = {
    "openmpi": Flavour(
        title="Open MPI",
        pmi="pmix",
        packages="openmpi-bin libopenmpi-dev",
        library="libmpi.so.40",
        neuron="lib/libnrnmpi_ompi.so",
        size="OMPI_COMM_WORLD_SIZE",
    ),
    "mpich": Flavour(
        title="MPICH",
        pmi="pmi2",
        packages="mpich libmpich-dev",
        library="libmpi.so.12",
        neuron="lib/libnrnmpi_mpich.so",
        size="PMI_SIZE",
    ),
}


def title(flavour: str) -> str:
    """A flavour as people write it; an unknown one unchanged."""
    known = FLAVOURS.get(flavour)
    return known.title if known else flavour


def pmi_of(flavour: str) -> str:
    """The PMI that a flavour needs; empty for an unknown one."""
    known = FLAVOURS.get(flavour)
    return known.pmi if known else ""

"""The flavours of MPI that NEURON can open: all that differs between them, in one table.

A rank's own copy is in resources/rank/init.py, a script that imports nothing of devenv.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flavour:
    """title: as people write it. pmi: through which ranks of Slurm meet. packages: Debian's.

    library: the soname that programs of it are linked to. neuron: the library through which NEURON opens
    it, below NEURON's home. size: the variable in which its launcher tells how many ranks there are.
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
    """A flavour as people write it; one that is not known as it is."""
    known = FLAVOURS.get(flavour)
    return known.title if known else flavour


def pmi_of(flavour: str) -> str:
    """The PMI that it needs; empty for one that is not known."""
    known = FLAVOURS.get(flavour)
    return known.pmi if known else ""

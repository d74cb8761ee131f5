"""mpirun of Open MPI or MPICH.

NEURON opens an MPI library at run time, preferably Open MPI's. Under the mpirun of the other flavour,
every rank then runs alone: N simulations of one rank each, with exit code 0. So the flavours of launcher
and library must match. Sources: NEURON's src/nrnmpi/nrnmpi_dynam.cpp; Open MPI's mpirun(1): it refuses
root without two variables, and more ranks than cores without --oversubscribe.
"""

from __future__ import annotations

from devenv.core.launch import Launch, LaunchRequest
from devenv.core.machine import HostFacts, Mpi
from devenv.core.mpi import FLAVOURS, title
from devenv.places.place import Queue

QUEUE: Queue | None = None
_AS_ROOT = (("OMPI_ALLOW_RUN_AS_ROOT", "1"), ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"))


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Unmet if there is no mpirun of the same flavour as the library."""
    if not facts.mpi:
        return (("there is no mpirun in PATH", _install(facts.libmpi or "openmpi")),)
    if not facts.libmpi:
        return no_library(facts.mpi[0].flavour)
    if matching(facts) is None:
        installed = ", ".join(f"{title(m.flavour)} ({m.mpirun})" for m in facts.mpi)
        library = title(facts.libmpi)
        what = (
            f"the mpirun here is that of {installed}, but NEURON opens {library}'s library: it would run"
            " every rank as a simulation of its own"
        )
        return ((what, _install(facts.libmpi)),)
    return ()


def command(request: LaunchRequest, facts: HostFacts) -> Launch:
    """``mpirun -n RANKS argv``, with the mpirun of the library's flavour."""
    mpi = matching(facts) or facts.mpi[0]
    ranks = max(request.ranks, 1)
    openmpi = mpi.flavour == "openmpi"
    more = ("--oversubscribe",) if openmpi and ranks > facts.cores else ()
    argv = (mpi.mpirun, "-n", str(ranks), *more, *request.argv)
    return Launch(argv, "mpi", "", _AS_ROOT if openmpi and facts.root else ())


def matching(facts: HostFacts) -> Mpi | None:
    """The first mpirun of the same flavour as the library that NEURON opens."""
    return next((m for m in facts.mpi if m.flavour == facts.libmpi), None)


def no_library(flavour: str) -> tuple[tuple[str, str], ...]:
    """The error that NEURON finds no MPI library: each rank would run alone."""
    return (
        ("NEURON finds no MPI library: libmpi is not where the loader looks", _install(flavour)),
    )


def _install(flavour: str) -> str:
    known = FLAVOURS.get(flavour)
    how = f" (Debian: apt-get install {known.packages})" if known else ""
    return f"Install {title(flavour)}{how}, or load its module."

"""Are mpirun and the MPI library that NEURON opens of the same implementation?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.mpi import FLAVOURS
from devenv.core.result import Finding

ID = "mpi"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    launchers = ", ".join(f"{fact.mpirun} ({fact.flavour})" for fact in evidence.mpi)
    if not evidence.mpi and not evidence.libmpi:
        what = "no MPI was found: one rank only"
        fix = (
            f"For more: apt-get install {FLAVOURS['openmpi'].packages}, or load the site's module."
        )
        return (Finding(ID, "note", what, fix=fix),)
    if not evidence.mpi:
        what = f"NEURON opens the library of {evidence.libmpi}, but there is no mpirun in PATH"
        return (Finding(ID, "warning", what, fix="Install its launcher, or use srun."),)
    if not evidence.libmpi:
        what = f"mpirun is {launchers}, but NEURON finds no MPI library"
        why = "each rank would run its own simulation, or fail at once"
        fix = "Install its development package (libmpi.so), or load its module."
        return (Finding(ID, "warning", what, why, fix),)
    if evidence.libmpi not in {fact.flavour for fact in evidence.mpi}:
        what = f"mpirun is {launchers}, but NEURON opens the library of {evidence.libmpi}"
        why = "N ranks would run N simulations of one rank each, with exit code 0"
        return (Finding(ID, "error", what, why, f"Install the mpirun of {evidence.libmpi}."),)
    return (Finding(ID, "ok", f"MPI is {evidence.libmpi}, with {launchers}"),)

"""Facts about MPI and the scheduler of this machine, and our position in a job."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from devenv.core.machine import HostFacts, Mpi
from devenv.core.mpi import FLAVOURS
from devenv.system import host
from devenv.system.cores import cores
from devenv.system.process import Completed, run, run_all

_COMMANDS = ("mpirun", "mpiexec", "mpirun.openmpi", "mpirun.mpich", "orterun", "mpiexec.hydra")
_VERSION = re.compile(r"\b(\d+\.\d+(?:\.\d+)*\w*)")

_STEP_SIZES = (*(one.size for one in FLAVOURS.values()), "MPI_LOCALNRANKS")
_INTERACTIVE_STEP = "4294967290"
"""SLURM_STEP_ID of a shell that salloc opens on a node (SLURM_INTERACTIVE_STEP in slurm.h)."""

_HEADERS = {"openmpi": "OMPI_MAJOR_VERSION", "mpich": "MPICH_VERSION"}
"""Flavour -> a word that its mpi.h has."""

_LOADED = """
import ctypes
here = ctypes.CDLL(None)
if hasattr(here, "MPI_Initialized"):
    print("openmpi" if hasattr(here, "ompi_mpi_init") else "mpich", "preloaded")
    raise SystemExit
for name in ("libmpi.so", "libmpi.so.40", "libmpich.so.12", "libmpi.so.12"):
    try:
        library = ctypes.CDLL(name)
    except OSError:
        continue
    print("openmpi" if hasattr(library, "ompi_mpi_init") else "mpich", name)
    break
"""
_LOADER = (sys.executable, "-I", "-S", "-c", _LOADED)


def observe(environ: Mapping[str, str], *, ranks: bool = True) -> HostFacts:
    """The facts, with the variables that the ranks will have (PATH, LD_LIBRARY_PATH).

    ranks: whether ranks will be started; if not, no command is run to find out about MPI.
    """
    srun = _which("srun", environ) if _slurm_is_set_up(environ) else ""
    facts = HostFacts(
        cores=cores(environ),
        root=os.geteuid() == 0,
        scheduler="slurm" if srun else "pbs" if _which("qsub", environ) else "",
        srun=srun,
        allocation="SLURM_JOB_ID" in environ or "PBS_JOBID" in environ,
        step=step_size(environ),
        wrapper=("qcmd",) if _which("qcmd", environ) else (),
    )
    return with_mpi(facts, environ) if ranks else facts


def with_mpi(facts: HostFacts, environ: Mapping[str, str]) -> HostFacts:
    """The facts with those about MPI, from commands that run concurrently."""
    mpiruns = tuple(_mpiruns(environ))
    versions = [(path, "--version") for path in mpiruns]
    pmi = [(facts.srun, "--mpi=list")] if facts.srun else []
    loader, *outputs = run_all([_LOADER, *versions, *pmi], environ=environ)
    mpi = tuple(_described(path, one.stdout) for path, one in zip(mpiruns, outputs, strict=False))
    return replace(facts, mpi=mpi, libmpi=_flavour_of(loader), pmi=_pmi(outputs[-1]) if pmi else ())


def _slurm_is_set_up(environ: Mapping[str, str]) -> bool:
    """Whether Slurm is configured (slurm.conf(5), also configless). srun alone is not a cluster."""
    usual = ("/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf", "/etc/slurm-llnl/slurm.conf")
    configured = (environ["SLURM_CONF"],) if environ.get("SLURM_CONF") else usual
    return "SLURM_JOB_ID" in environ or any(Path(path).exists() for path in configured)


def _which(command: str, environ: Mapping[str, str]) -> str:
    return shutil.which(command, path=environ.get("PATH", os.defpath)) or ""


def _mpiruns(environ: Mapping[str, str]) -> Iterator[str]:
    """Every mpirun on PATH, without duplicates, in order."""
    seen = set()
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for command in _COMMANDS:
            path = Path(folder, command)
            if folder and os.access(path, os.X_OK) and path.resolve() not in seen:
                seen.add(path.resolve())
                yield str(path)


def _described(path: str, text: str) -> Mpi:
    """An mpirun, from the output of ``--version``."""
    version = _VERSION.search(text)
    return Mpi(flavour(text), path, version[1] if version else "")


def flavour(text: str) -> str:
    """The MPI implementation of an mpirun, from the output of ``--version``."""
    if "Open MPI" in text or "OpenRTE" in text:
        return "openmpi"
    return "mpich" if "HYDRA" in text or "MPICH" in text else "other"


def libmpi(environ: Mapping[str, str]) -> str:
    """The flavour of the MPI library that NEURON would open; empty for none.

    It asks the loader in a new process, since the loader reads LD_LIBRARY_PATH only at start-up. A
    library that is already in the process (LD_PRELOAD) has precedence, then the names in the order that
    NEURON tries (src/nrnmpi/nrnmpi_dynam.cpp).
    """
    return _flavour_of(run(_LOADER, environ=environ))


def _flavour_of(loader: Completed) -> str:
    words = loader.stdout.split()
    return words[0] if words else ""


def linked_flavour(library: Path) -> str:
    """The flavour of MPI that a library is linked to; empty for none, or another one."""
    names = [(one.library, name) for name, one in FLAVOURS.items()] + [("libmpich", "mpich")]
    return next((f for name, f in names if host.needs_library(library, name)), "")


def include_folders(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """The directories of mpi.h, from mpicc (MPICH and Intel: -show); None if there is no mpicc."""
    mpicc = _which("mpicc", environ)
    return _included(mpicc, environ) if mpicc else None


def flavours_with_headers(environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Flavour -> the directory of its mpi.h, from the compiler wrappers on PATH."""
    headers: dict[str, tuple[str, ...]] = {}
    for name in ("mpicc", *(f"mpicc.{flavour}" for flavour in FLAVOURS)):
        mpicc = _which(name, environ)
        folders = (_included(mpicc, environ) if mpicc else None) or ()
        header = next((p for one in folders if (p := Path(one, "mpi.h")).is_file()), None)
        text = header.read_text(encoding="utf-8", errors="replace") if header else ""
        flavour = next((one for one, word in _HEADERS.items() if word in text), "")
        if header and flavour:
            headers.setdefault(flavour, (str(header.parent),))
    return headers


def _included(mpicc: str, environ: Mapping[str, str]) -> tuple[str, ...] | None:
    for ask in ("--showme:compile", "-show"):
        done = run((mpicc, ask), environ=environ)
        if done.returncode == 0:
            words = done.stdout.split()
            return tuple(word[2:] for word in words if word.startswith("-I") and word != "-I")
    return None


def step_size(environ: Mapping[str, str]) -> int:
    """The number of ranks of the job step or mpirun that started this process; 0 if none did."""
    sizes = [size for name in _STEP_SIZES if (size := _number(environ.get(name, "")))]
    if sizes:
        return sizes[0]
    step = environ.get("SLURM_STEP_ID", "")
    if not re.fullmatch("[0-9]+", step) or step == _INTERACTIVE_STEP:
        return 0
    return _number(environ.get("SLURM_STEP_NUM_TASKS", "")) or 1


def _number(text: str) -> int:
    """0 if it is not a number: users' variables may be odd, or left over from another job."""
    return int(text) if re.fullmatch("[0-9]+", text) else 0


def _pmi(listed: Completed) -> tuple[str, ...]:
    """The types that ``srun --mpi=list`` lists; older versions print them on standard error."""
    text = listed.stdout + listed.stderr
    words = re.findall(r"^\s*(?:srun: )?([\w/]+)\s*$", text, re.MULTILINE)
    return tuple(word for word in words if word != "none")

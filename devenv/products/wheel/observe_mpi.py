"""Every MPI of the machine: on PATH, in the prefixes that are named, of the distribution."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devenv.core.errors import UsageError
from devenv.products.wheel.trial import MpiInstallation
from devenv.system.process import run

_NAMES = ("mpirun", "mpiexec", "mpirun.openmpi", "mpirun.mpich", "mpiexec.hydra")
_KINDS = (
    ("intel", r"Intel\(R\) MPI"),
    ("openmpi", r"Open ?MPI|open-mpi|OpenRTE|PRTE"),
    ("mpt", r"HPE? MPT|SGI MPT"),
    ("mvapich", r"MVAPICH"),
    ("mpich", r"HYDRA|MPICH"),
)
_TITLES = {
    "intel": "Intel MPI",
    "openmpi": "Open MPI",
    "mpich": "MPICH",
    "mpt": "HPE MPT",
    "mvapich": "MVAPICH",
}
_LIBRARIES = {"openmpi": ("libmpi.so.40", "libmpi.so"), "mpich": ("libmpi.so.12", "libmpich.so.12")}


def flavours(environ: Mapping[str, str], prefixes: Sequence[Path]) -> tuple[MpiInstallation, ...]:
    """Each MPI once: those of `prefixes` (bin/mpirun in each), then those on PATH.

    UsageError for a prefix without an mpirun that works.
    """
    found: dict[str, MpiInstallation] = {}
    for prefix in prefixes:
        one = next(filter(None, (_at(prefix / "bin" / name, environ) for name in _NAMES)), None)
        if one is None:
            raise UsageError(f"--mpi {prefix}: no mpirun works there", fix="Name its prefix.")
        found[os.path.realpath(one.mpirun)] = one
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        for name in _NAMES:
            path = Path(entry, name)
            real = os.path.realpath(path)
            if real not in found and (one := _at(path, environ)):
                same = [f for f in found.values() if _same(f, one)]
                found |= {} if same else {real: one}
    return tuple(found.values())


def _same(one: MpiInstallation, other: MpiInstallation) -> bool:
    """mpirun and mpiexec.hydra of one installation."""
    folders = [Path(os.path.realpath(f.mpirun)).parent for f in (one, other)]
    return folders[0] == folders[1] and one.kind == other.kind


def _at(path: Path, environ: Mapping[str, str]) -> MpiInstallation | None:
    if not (path.is_absolute() and os.access(path, os.X_OK) and path.is_file()):
        return None
    own = {**environ, "PATH": f"{path.parent}:{environ.get('PATH', os.defpath)}"}
    done = run((str(path), "--version"), environ=own)
    text = done.stdout + done.stderr
    kind = next((kind for kind, words in _KINDS if re.search(words, text)), "")
    if done.returncode or not kind:
        return None
    version = re.search(r"(\d+\.\d+(?:\.\d+)*)", text)
    title = f"{_TITLES[kind]} {version[1] if version else ''} ({path})"
    return MpiInstallation(title, str(path), kind, _library(path, kind))


def _library(mpirun: Path, kind: str) -> str:
    """Its libmpi: in lib beside the prefix's bin, else where the distribution's loader finds it."""
    names = _LIBRARIES["openmpi" if kind == "openmpi" else "mpich"]
    prefix = mpirun.parent.parent
    for folder in (prefix / "lib", prefix / "lib" / "release", prefix / "lib64"):
        for name in names:
            if (folder / name).exists():
                return str(folder / name)
    return next(_of_loader(names), "")


def _of_loader(names: Sequence[str]) -> Iterator[str]:
    listed = run(("ldconfig", "-p"), environ={"PATH": "/sbin:/usr/sbin:/bin:/usr/bin"}).stdout
    known = {line.split()[0]: line.split("=> ")[1] for line in listed.splitlines() if "=> " in line}
    wanted = [*names[-1:], *names[:-1]] if "libmpich.so.12" in names else names
    yield from (known[name] for name in wanted if name in known)

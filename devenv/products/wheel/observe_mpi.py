"""Finds every MPI of the machine: on PATH, and in given prefixes and modules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from devenv.core.base import is_bookkeeping
from devenv.core.errors import UsageError
from devenv.places.modules import observe
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


def flavours(
    environ: Mapping[str, str], named: Sequence[str], cwd: Path
) -> tuple[MpiInstallation, ...]:
    """Each MPI once: those in `named`, then those on PATH.

    named: prefixes (bin/mpirun in each), or environment modules. UsageError if no mpirun works in one,
    StateError for a module that cannot be loaded.
    """
    installations: dict[str, MpiInstallation] = {}
    for name in named:
        prefix = cwd / name
        one = _in_prefix(prefix, environ) if prefix.is_dir() else _of_module(name, environ)
        if one is None:
            raise UsageError(
                f"--mpi {name}: no mpirun works there", fix="Name a prefix or a module of an MPI."
            )
        installations[os.path.realpath(one.mpirun)] = one
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        for name in _NAMES:
            path = Path(entry, name)
            real = os.path.realpath(path)
            if real not in installations and (one := _at(path, environ)):
                same = [other for other in installations.values() if _same(other, one)]
                installations |= {} if same else {real: one}
    return tuple(installations.values())


def _in_prefix(prefix: Path, environ: Mapping[str, str]) -> MpiInstallation | None:
    return next(filter(None, (_at(prefix / "bin" / name, environ) for name in _NAMES)), None)


def _of_module(name: str, environ: Mapping[str, str]) -> MpiInstallation | None:
    """The MPI whose directory a module adds to PATH, with the module's other variables."""
    loaded = observe(environ, f"modules:{name}")[1]
    known = environ.get("PATH", os.defpath).split(os.pathsep)
    added = [one for one in loaded.get("PATH", "").split(os.pathsep) if one not in known]
    places = (Path(entry, program) for entry in added for program in _NAMES)
    one = next(filter(None, (_at(place, loaded) for place in places)), None)
    variables = tuple(
        (variable, text)
        for variable, text in loaded.items()
        if variable != "PATH" and environ.get(variable) != text and not is_bookkeeping(variable)
    )
    return replace(one, title=f"{name}: {one.title}", variables=variables) if one else None


def _same(one: MpiInstallation, other: MpiInstallation) -> bool:
    """Whether both are of one installation, such as mpirun and mpiexec.hydra."""
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
    """Its libmpi: in the prefix, or else the one that the loader of the distribution finds."""
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
    ordered = [*names[-1:], *names[:-1]] if "libmpich.so.12" in names else names
    yield from (known[name] for name in ordered if name in known)

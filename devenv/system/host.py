"""Facts of this machine that decide what is done; each is asked for when it is needed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.core.errors import PreconditionError, StateError
from devenv.system.process import run


@dataclass(frozen=True)
class Compiler:
    """A pair of compilers as argv, and the first line and target of what the C++ one says it is."""

    cxx: tuple[str, ...]
    cc: tuple[str, ...]
    identity: str


def cores() -> int:
    """Cores that this process may use: its affinity, and the share that its control group has."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        share = max(1, int(quota) // int(period)) if quota != "max" else available
    except (OSError, ValueError):
        share = available
    return min(available or 1, share or 1)


def compiler(environ: Mapping[str, str]) -> Compiler | None:
    """$CXX and $CC where they are set, else the first of the usual names; None where there is none."""
    cxx = _program(environ, "CXX", ("g++", "c++", "clang++"))
    cc = _program(environ, "CC", ("gcc", "cc", "clang"))
    if cxx is None:
        return None
    version = run((*cxx, "--version"), environ=environ).stdout.partition("\n")[0]
    target = run((*cxx, "-dumpmachine"), environ=environ).stdout.strip()
    return Compiler(cxx, cc or cxx, f"{version} {target}")


def _program(
    environ: Mapping[str, str], variable: str, names: tuple[str, ...]
) -> tuple[str, ...] | None:
    path = environ.get("PATH")
    asked = tuple(shlex.split(environ.get(variable, "")))
    if asked:
        found = shutil.which(asked[0], path=path)
        if found is None:
            raise PreconditionError(
                f"{variable}={environ[variable]!r}: {asked[0]} is not there",
                fix=f"Correct {variable}, or unset it.",
            )
        return (found, *asked[1:])
    return next(((found,) for name in names if (found := shutil.which(name, path=path))), None)


def ccache(environ: Mapping[str, str]) -> str:
    """The path of ccache, empty where it is not there or $CXX brings it already."""
    if "ccache" in environ.get("CXX", "") or environ.get("CCACHE_DISABLE"):
        return ""
    return shutil.which("ccache", path=environ.get("PATH")) or ""


def install_hint(*packages: str) -> str:
    """The line that installs Debian packages, where this is Debian or like it."""
    if not shutil.which("apt-get"):
        return f"Install {' '.join(packages)}."
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y {' '.join(packages)}"


def neuron_version(site: Path) -> str:
    """The version of the NEURON in a folder of packages; StateError where there is none."""
    infos = [p for p in site.glob("*.dist-info") if re.match(r"neuron(_\w+)?-\d", p.name.lower())]
    if not infos:
        raise StateError(f"no NEURON in {site}", fix=f"Remove {site.parents[2]} and build again.")
    return infos[0].name.removesuffix(".dist-info").split("-", 1)[1]


_LIBPYTHON = """
import os, sysconfig
get = sysconfig.get_config_var
names = [n for n in (get("INSTSONAME"), get("LDLIBRARY")) if n and ".so" in n or n and ".dylib" in n]
folders = [get("LIBDIR"), os.path.join(get("LIBDIR") or "", get("MULTIARCH") or ""), get("LIBPL")]
print(next((p for f in folders if f for n in names for p in [os.path.join(f, n)] if os.path.exists(p)), ""))
"""


def libpython(python: str, environ: Mapping[str, str]) -> str:
    """The shared library of an interpreter, which special loads; empty where it has none."""
    done = run((python, "-I", "-c", _LIBPYTHON), environ=environ)
    return done.stdout.strip()


def mpi_launchers(environ: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """(flavour, path, version) of each mpirun on PATH, in its order: openmpi or mpich."""
    found: dict[str, tuple[str, str, str]] = {}
    for folder in environ.get("PATH", "").split(os.pathsep):
        for name in ("mpirun", "mpirun.openmpi", "mpirun.mpich", "mpiexec.hydra"):
            path = os.path.join(folder, name)
            real = os.path.realpath(path)
            if real not in found and os.access(path, os.X_OK):
                text = run((path, "--version"), environ=environ).stdout
                flavour = _flavour(text)
                if flavour:
                    version = re.search(r"\d+\.\d[\w.]*", text)
                    found[real] = (flavour, path, version.group() if version else "")
    return tuple(found.values())


def _flavour(text: str) -> str:
    if "Open MPI" in text or "OpenRTE" in text or "PRRTE" in text:
        return "openmpi"
    return "mpich" if "HYDRA" in text or "MPICH" in text else ""


def neuron_mpi_library(environ: Mapping[str, str]) -> str:
    """The flavour of the MPI library that NEURON opens: openmpi, mpich, or empty for none.

    NEURON opens libmpi.so by its name; where that is not there, what MPI_LIB_NRN_PATH names. Preloaded
    libraries come first.
    """
    preloaded = environ.get("LD_PRELOAD", "")
    if "libmpich" in preloaded:
        return "mpich"
    folders = [*environ.get("LD_LIBRARY_PATH", "").split(os.pathsep), *_system_folders()]
    for name in ("libmpi.so", "libmpi.so.40"):
        library = next((p for f in folders if f and (p := Path(f, name)).exists()), None)
        if library:
            return "mpich" if "mpich" in library.resolve().name else "openmpi"
    asked = environ.get("MPI_LIB_NRN_PATH", "")
    return "mpich" if "mpich" in asked else "openmpi" if asked else ""


def _system_folders() -> list[str]:
    multiarch = f"{os.uname().machine}-linux-gnu"
    return [f"/lib/{multiarch}", f"/usr/lib/{multiarch}", "/usr/local/lib", "/lib64", "/usr/lib64",
            "/lib", "/usr/lib"]

"""MPICH out of Debian's packages, unpacked into a folder: installed, it takes Open MPI's place."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("libmpich12", "mpich", "libslurm38")


@dataclass(frozen=True)
class Mpich:
    """Where it was unpacked. environ: what makes it the MPI that NEURON opens."""

    folder: Path

    @property
    def bin(self) -> str:
        """The folder of mpirun.mpich and of what it starts."""
        return str(self.folder / "usr" / "bin")

    @property
    def environ(self) -> dict[str, str]:
        library = next(self.folder.glob("usr/lib/*/libmpich.so.12"))
        folders = (library.parent, library.parent / "slurm-wlm")
        return {
            "LD_PRELOAD": str(library),
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders)),
        }


def unpacked(folder: Path) -> Mpich | str:
    """MPICH below `folder`; why not, where it cannot be had."""
    if not shutil.which("apt-get"):
        return "no MPICH here: there is no apt-get"
    folder.mkdir(parents=True)
    argv = ["apt-get", "download", "-q", *PACKAGES]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"no MPICH here: {done.stderr.strip()[-200:]}"
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "root"], check=True)
    return Mpich(folder / "root")

"""Programs of the machine: where one really stands, and what it says of itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devenv.core.errors import DevenvError, PreconditionError
from devenv.system.process import run


def standing(program: str, environ: Mapping[str, str], fits: Callable[[str], bool]) -> str:
    """The first of that name along PATH of which `fits` holds; empty for none.

    Its folder with links resolved (/bin is /usr/bin), its own name as it is (gcc is a link).
    """
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        if not entry.startswith("/"):
            continue
        path = Path(os.path.realpath(entry), program)
        if fits(str(path)) and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return ""


def said_by(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """All that a program prints; empty where it does not run."""
    try:
        done = run(argv, environ=environ)
    except DevenvError:
        return ""
    return done.stdout + done.stderr


def executables(folder: str) -> frozenset[str]:
    """The names of the programs in a folder."""
    try:
        return frozenset(e.name for e in os.scandir(folder) if os.access(e.path, os.X_OK))
    except OSError:
        return frozenset()


def of_ours(program: str, environ: Mapping[str, str]) -> str:
    """A program that is installed beside devenv's Python, else the first along PATH.

    PreconditionError where there is none.
    """
    beside = Path(sys.executable).with_name(program)
    if beside.is_file():
        return str(beside)
    found = shutil.which(program, path=environ.get("PATH", os.defpath))
    if found is None:
        raise PreconditionError(f"{program} was not found", fix=f"pip install {program}")
    return found

"""Finds programs on the machine, and reads their output."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devenv.core.errors import DevenvError, PreconditionError
from devenv.system.process import run


def find_program(program: str, environ: Mapping[str, str], fits: Callable[[str], bool]) -> str:
    """The first program with that name on PATH that `fits`; empty for none.

    Links in its directory are resolved (/bin is /usr/bin), its name is not (gcc is a link).
    """
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        if not entry.startswith("/"):
            continue
        path = Path(os.path.realpath(entry), program)
        if fits(str(path)) and path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return ""


def output_of(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """The output of a program on both streams; empty if it does not run."""
    try:
        done = run(argv, environ=environ)
    except DevenvError:
        return ""
    return done.stdout + done.stderr


def executables(folder: str) -> frozenset[str]:
    """The names of the programs in a directory."""
    try:
        return frozenset(e.name for e in os.scandir(folder) if os.access(e.path, os.X_OK))
    except OSError:
        return frozenset()


def of_ours(program: str, environ: Mapping[str, str]) -> str:
    """A program that is installed next to devenv's Python, else the first on PATH.

    PreconditionError if there is none.
    """
    beside = Path(sys.executable).with_name(program)
    if beside.is_file():
        return str(beside)
    path = shutil.which(program, path=environ.get("PATH", os.defpath))
    if path is None:
        raise PreconditionError(f"{program} was not found", fix=f"pip install {program}")
    return path

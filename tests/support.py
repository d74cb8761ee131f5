"""What tests use to run the program as a person does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
RING = REPOSITORY / "examples" / "ring"
EXPECTED = json.loads((RING / "expected.json").read_text(encoding="utf-8"))
LEFT_BEHIND = (
    "DEVENV_",
    "NEURON",
    "NRN",
    "HOC_LIBRARY_PATH",
    "PYTHONPATH",
    "SLURM_",
    "VIRTUAL_ENV",
)


def plain_environ() -> dict[str, str]:
    """This process's variables without those of an environment that may be active."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(LEFT_BEHIND)}
    environ["OMPI_ALLOW_RUN_AS_ROOT"] = environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return environ


@dataclass(frozen=True)
class Devenv:
    """The program, with a $DEVENV_HOME of its own."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        *arguments: object,
        cwd: Path | None = None,
        code: int | None = 0,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run it; the exit code must be `code` (None: any). Output of both streams is in stdout."""
        environ = {**plain_environ(), "DEVENV_HOME": str(self.home), **self.environ, **variables}
        done = subprocess.run(
            [sys.executable, "-m", "devenv", *map(str, arguments)],
            cwd=cwd or self.home.parent,
            env=environ,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=900,
        )
        assert code is None or done.returncode == code, f"{done.args}\n{done.stdout}"
        assert "Traceback" not in done.stdout, done.stdout
        return done


def raster(folder: Path) -> dict[str, Any]:
    """What the ring's plugin wrote of a run."""
    found: dict[str, Any] = json.loads((folder / "raster.json").read_text(encoding="utf-8"))
    return found

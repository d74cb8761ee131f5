"""NEURON itself, compiled from a clone, kept in the user's cache: it takes minutes to half an hour.

`DEVENV_BUILD_NEURON=1 pytest tests/real/test_toolchain_neuron.py` makes it where it is missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support import RING, Devenv, plain_environ
from tiny import TINY, template
from user_cache import cached

VERSION = "9.0.2"
REPOSITORY = "https://github.com/neuronsimulator/nrn.git"
NAME = "ring"


@dataclass(frozen=True)
class NeuronBuild:
    """Two environments with the ring: NAME with the compiled NEURON, `wheel` with that of the index."""

    devenv: Devenv
    clone: Path
    circuit: Path


def cached_build() -> NeuronBuild | None:
    """The kept build; made where it is asked for; None where there is none."""
    with cached(f"neuron-build-{VERSION}") as folder:
        clone = folder / "home" / "sources" / NAME / "neuron"
        found = NeuronBuild(Devenv(folder / "home"), clone, folder / "circuit")
        if not (folder / "made").is_file():
            if not os.environ.get("DEVENV_BUILD_NEURON"):
                return None
            _make(found)
            (folder / "made").touch()
    return found


def _make(build: NeuronBuild) -> None:
    devenv = build.devenv
    devenv.home.mkdir(parents=True, exist_ok=True)
    template(devenv, NAME, TINY)
    if not (devenv.home / "envs" / NAME / "current").is_symlink():
        devenv("create", NAME, "--template", NAME)
        devenv("create", "wheel", "--template", NAME)
        devenv("build", "wheel")
    if not build.clone.is_dir():
        _slowly(devenv, "develop", "neuron", "--git", f"{REPOSITORY}@{VERSION}", "--env", NAME)
    _slowly(devenv, "build", NAME)
    devenv("run", "wheel", "--", "python", RING / "make_ring.py", build.circuit)


def _slowly(devenv: Devenv, *words: str) -> None:
    """Run the program however long it takes."""
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    subprocess.run([sys.executable, "-m", "devenv", *words], env=environ, check=True)

"""NEURON itself, compiled from a clone, kept in the user's cache: it takes minutes to half an hour.

`DEVENV_BUILD_NEURON=1 pytest tests/real/test_toolchain_neuron.py` makes what is missing: the usual
build, with the clone, and a home for each of VARIANTS, which compiles the same clone.
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
VARIANTS = {
    "mpich": "mpi=mpich",
    "address": "sanitizers=address",
    "coreneuron": "+coreneuron",
    "debug": "build_type=Debug",
}


@dataclass(frozen=True)
class NeuronBuild:
    """An environment NAME with the compiled NEURON; in the usual build one more, `wheel`, with that of
    the index."""

    devenv: Devenv
    clone: Path
    circuit: Path

    @property
    def compiled(self) -> Path:
        """CMake's binary directory."""
        (found,) = (self.devenv.home / "toolchains").glob("neuron@*/build")
        return found


def cached_build() -> NeuronBuild | None:
    """The kept build; made where it is asked for; None where there is none."""
    with cached(f"neuron-build-{VERSION}") as folder:
        clone = folder / "home" / "sources" / NAME / "neuron"
        found = NeuronBuild(Devenv(folder / "home"), clone, folder / "circuit")
        return found if _is_made(folder) or _make(folder, found) else None


def cached_variant(name: str) -> NeuronBuild | None:
    """As `cached_build`, of one of VARIANTS."""
    usual = cached_build()
    if usual is None:
        return None
    with cached(f"neuron-build-{VERSION}-{name}") as folder:
        found = NeuronBuild(Devenv(folder / "home"), usual.clone, usual.circuit)
        return found if _is_made(folder) or _make_variant(folder, found, name) else None


def _is_made(folder: Path) -> bool:
    return (folder / "made").is_file()


def _is_asked_for() -> bool:
    return bool(os.environ.get("DEVENV_BUILD_NEURON"))


def _make(folder: Path, build: NeuronBuild) -> bool:
    if not _is_asked_for():
        return False
    devenv = _home(build)
    if not (devenv.home / "envs" / "wheel" / "current").is_symlink():
        devenv("create", "wheel", "--template", NAME)
        devenv("build", "wheel")
    if not build.clone.is_dir():
        _slowly(devenv, "develop", "neuron", "--git", f"{REPOSITORY}@{VERSION}", "--env", NAME)
    _slowly(devenv, "build", NAME)
    # For NEURON's own tests.
    devenv("add", "pytest", "--env", NAME)
    devenv("run", "wheel", "--", "python", RING / "make_ring.py", build.circuit)
    (folder / "made").touch()
    return True


def _make_variant(folder: Path, build: NeuronBuild, name: str) -> bool:
    if not _is_asked_for():
        return False
    devenv = _home(build)
    options = ("--path", str(build.clone), "--env", NAME, "--variant", VARIANTS[name])
    _slowly(devenv, "develop", "neuron", *options)
    _slowly(devenv, "build", NAME)
    devenv("prune", "--keep", "1")  # the wheel that the environment began with
    (folder / "made").touch()
    return True


def _home(build: NeuronBuild) -> Devenv:
    """The home with an environment NAME."""
    devenv = build.devenv
    devenv.home.mkdir(parents=True, exist_ok=True)
    template(devenv, NAME, TINY)
    if not (devenv.home / "envs" / NAME / "current").is_symlink():
        devenv("create", NAME, "--template", NAME)
    return devenv


def _slowly(devenv: Devenv, *words: str) -> None:
    """Run the program however long it takes."""
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    subprocess.run([sys.executable, "-m", "devenv", *words], env=environ, check=True)

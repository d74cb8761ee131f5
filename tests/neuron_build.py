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


def cached_commits() -> tuple[NeuronBuild, list[str]] | None:
    """The usual build, and commits of its clone, in no branch, that are built too: NEURON of the n-th
    prints once that it is of commit n. Made where they are asked for; else None."""
    build = cached_build()
    if build is None:
        return None
    with cached(f"neuron-build-{VERSION}") as folder:
        commits = [_commit(build.clone, number, folder / "index") for number in (1, 2)]
        made = folder / "commits"
        if not made.is_file():
            if not _is_asked_for():
                return None
            for commit in commits:
                _slowly(build.devenv, "run", NAME, "--ref", f"neuron={commit}", "--", "true")
            made.touch()
    return build, commits


def _commit(clone: Path, number: int, index: Path) -> str:
    """The same hash each time, and nothing but git's objects is written."""
    when = f"2026-01-0{number}T00:00:00Z"
    environ = {
        **os.environ,
        "GIT_INDEX_FILE": str(index),
        **{f"GIT_{who}_DATE": when for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_NAME": "Tests" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "tests@example.org" for who in ("AUTHOR", "COMMITTER")},
    }

    def git(*words: str, given: str = "") -> str:
        argv = ("git", "-C", str(clone), *words)
        done = subprocess.run(
            argv, env=environ, input=given, text=True, capture_output=True, check=True
        )
        return done.stdout.strip()

    file, head = "src/nrnoc/fadvance.cpp", "void fadvance() {\n"
    before = git("show", f"{VERSION}:{file}")
    assert head in before
    once = f'static bool said = (Printf("COMMIT {number}\\n"), true);\n    (void) said;\n'
    blob = git(
        "hash-object", "-w", "--stdin", given=before.replace(head, f"{head}    {once}") + "\n"
    )
    git("read-tree", VERSION)
    git("update-index", "--cacheinfo", f"100644,{blob},{file}")
    return git(
        "commit-tree", git("write-tree"), "-p", f"{VERSION}^{{commit}}", "-m", f"Commit {number}"
    )


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

"""NEURON's wheels, built from its repository and kept in the user's cache: an hour on two cores.

`DEVENV_BUILD_NEURON=1 pytest tests/real/test_wheel_neuron.py` makes what is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from neuron_build import REPOSITORY, VERSION
from support import REPOSITORY as DEVENV
from support import plain_environ
from user_cache import cache_path, cached
from wheel_image import settings

_NAME = f"neuron-wheel-{VERSION}"
POLICY = DEVENV / "envs" / "wheels" / "neuron.toml"
IMAGE = "localhost/devenv-tests:bullseye"
HERE, SECOND, BULLSEYE = "here", "second", "bullseye"
"""Native with Python 3.11; native with 3.12 next, by the same cache; in the image with 3.11."""

_EIGEN = Path("/usr/include/eigen3")
_SUBMODULES = (
    *("CLI11", "Random123", "backward", "catch2", "coding-conventions"),
    *("fmt", "json", "nanobind", "pybind11", "spdlog"),
)
"""Those of external/ without InterViews, and without Eigen, which Debian has (libeigen3-dev)."""
_COMPILERS = {"CC": "gcc", "CXX": "g++"}


def cached_wheel(kind: str) -> Path | None:
    """The kept wheel; made where it is asked for; None where there is none."""
    place = cache_path(_NAME) / kind
    if not list(place.glob("*.whl")):
        if not os.environ.get("DEVENV_BUILD_NEURON"):
            return None
        with cached(_NAME) as folder:
            _make(folder, kind)
    return next(place.glob("*.whl"))


def shared_objects() -> dict[str, int]:
    """hits and misses of ccache in the build of SECOND."""
    found: dict[str, int] = json.loads((cache_path(_NAME) / "second.json").read_text())
    return found


def _make(folder: Path, kind: str) -> None:
    source = _source(folder)
    if kind == BULLSEYE:
        _build(folder, source, kind, ("--python", "3.11", "--in", _image(folder)), settings())
        return
    _build(folder, source, HERE, ("--python", "3.11"), _COMPILERS)
    if kind == SECOND:
        before = statistics(folder)
        _build(folder, source, kind, ("--python", "3.12"), _COMPILERS)
        after = statistics(folder)
        text = json.dumps({name: after[name] - before[name] for name in before})
        (folder / "second.json").write_text(text)


def _source(folder: Path) -> Path:
    source, git = folder / "source", ("git", "-c", "protocol.file.allow=always")
    if not (source / "external" / "eigen" / "Eigen").is_dir():
        shutil.rmtree(source, ignore_errors=True)
        clone = ("clone", "-q", "--depth", "1", "--branch", VERSION, REPOSITORY, str(source))
        subprocess.run([*git, *clone], check=True)
        paths = [f"external/{name}" for name in _SUBMODULES]
        update = ["submodule", "update", "-q", "--init", "--recursive", "--depth", "1"]
        subprocess.run([*git, *update, "--", *paths], cwd=source, check=True)
        shutil.copytree(_EIGEN, source / "external" / "eigen", dirs_exist_ok=True)
    return source


def _image(folder: Path) -> str:
    argv = ("wheel", "image", "build", IMAGE, "--debian", "bullseye", "--python", "3.11")
    _devenv(folder, argv, settings())
    return IMAGE


def _build(
    folder: Path, source: Path, kind: str, options: tuple[str, ...], environ: Mapping[str, str]
) -> None:
    argv = ("wheel", "build", str(source), *options, "--policy", str(POLICY))
    _devenv(folder, (*argv, "-o", str(folder / kind)), environ)


def _devenv(folder: Path, argv: tuple[str, ...], environ: Mapping[str, str]) -> None:
    """Run the program however long it takes."""
    both = {**plain_environ(), **environ, "DEVENV_HOME": str(folder / "home")}
    subprocess.run([sys.executable, "-m", "devenv", *argv], env=both, check=True)


def statistics(folder: Path) -> dict[str, int]:
    argv = ["ccache", "--print-stats"]
    both = {**os.environ, "CCACHE_DIR": str(folder / "home" / "wheels" / "ccache")}
    listed = subprocess.run(argv, env=both, text=True, capture_output=True, check=True).stdout
    counts = dict(line.split("\t") for line in listed.splitlines())
    hits = int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])
    return {"hits": hits, "misses": int(counts["cache_miss"])}

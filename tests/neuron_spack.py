"""NEURON of a clone, compiled by Spack, kept in the user's cache: it takes minutes to half an hour.

`DEVENV_BUILD_NEURON=1 pytest tests/real/test_toolchain_spack.py` makes it where it is missing. What an
earlier devenv or another machine made is brought up to date without that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from neuron_build import NAME, VERSION, NeuronBuild, cached_build
from support import Devenv, plain_environ
from tiny import TINY, template
from user_cache import cached

EIGEN = Path("/usr/include/eigen3/Eigen")
SPECS = (
    "py-neurodamus@4.2.9",
    "neurodamus-models@develop~v5~caliper~reports+example~coreneuron model=neocortex",
    f"neuron@{VERSION}~coreneuron build_type=Debug",
)
SITE = """\
externals:
  - {spec: eigen@3.4.0, prefix: /usr}
  - {spec: ncurses@6.4+termlib, prefix: /usr}
  - {spec: readline@8.2, prefix: /usr}
"""
MOD = "NEURON { SUFFIX region }\nFUNCTION number() { number = 1 }\n"


def cached_spack() -> NeuronBuild | None:
    """The kept build, of a clone of its own; made where it is asked for; None where there is none."""
    usual = cached_build()
    if usual is None:
        return None
    with cached(f"neuron-spack-{VERSION}") as folder:
        devenv = Devenv(folder / "home", {"DEVENV_SITE": "here"})
        found = NeuronBuild(devenv, folder / "nrn", usual.circuit)
        if not (folder / "made").is_file():
            if not os.environ.get("DEVENV_BUILD_NEURON"):
                return None
            _make(found, usual.clone)
        _build(devenv)
        (folder / "made").touch()
    return found


def _make(build: NeuronBuild, clone: Path) -> None:
    devenv, models = build.devenv, build.devenv.home.parent / "models"
    mod = models / "neocortex" / "mod" / "v6" / "region.mod"
    for folder in (devenv.home / "sites", mod.parent, models / "neocortex" / "hoc"):
        folder.mkdir(parents=True, exist_ok=True)
    mod.write_text(MOD, encoding="utf-8")
    (devenv.home / "sites" / "here.yaml").write_text(SITE, encoding="utf-8")
    template(devenv, NAME, f"{TINY}spack: {list(SPECS)}\n")
    if not build.clone.is_dir():
        shutil.copytree(clone, build.clone, symlinks=True)
        shutil.copytree(EIGEN, build.clone / "external" / "eigen" / "Eigen")
    if not (devenv.home / "envs" / NAME).is_dir():
        devenv("spack", "setup")
        devenv("create", NAME, "--template", NAME, "--engine", "spack")
        devenv("develop", "neurodamus", "--release", "--env", NAME)
        devenv("develop", "neurodamus-neocortex", "--path", models, "--env", NAME)
        devenv("develop", "neuron", "--path", build.clone, "--env", NAME)
        _with_ccache(devenv.home / "envs" / NAME / "spack.yaml")


def _build(devenv: Devenv) -> None:
    environ = {**plain_environ(), **devenv.environ, "DEVENV_HOME": str(devenv.home)}
    argv = [sys.executable, "-m", "devenv", "build", NAME]
    subprocess.run(argv, env=environ, check=True)  # however long it takes


def _with_ccache(manifest: Path) -> None:
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(f"{text.rstrip()}\n  config: {{ccache: true}}\n", encoding="utf-8")

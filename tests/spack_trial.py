"""A small repository of recipes for Spack, whose packages take seconds to build; and what they need."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support import Devenv

CORE = "2e907202bcc8209a6a62243aab50c179b524cc3b"
PACKAGES = "119680aeee8ea802c6111b7167583bddef97e82f"

RECIPES = {
    "trial_model": '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class TrialModel(Package):
    """What a compiled model looks like from outside."""

    homepage = "https://example.org"
    has_code = False

    version("1.1")
    version("1.0")

    variant("coreneuron", default=False, description="with a library more")

    depends_on("py-trial", type=("build", "run"))

    def install(self, spec, prefix):
        mkdirp(prefix.bin, prefix.lib, prefix.share.hoc)
        with open(prefix.bin.special, "w") as file:
            file.write("#!/bin/sh\\necho the special of the trial\\n")
        set_executable(prefix.bin.special)
        touch(join_path(prefix.lib, "libnrnmech.so"))
        if "+coreneuron" in spec:
            touch(join_path(prefix.lib, "libcorenrnmech.so"))
        touch(join_path(prefix.share.hoc, "trial.hoc"))

    def setup_run_environment(self, env):
        env.prepend_path("HOC_LIBRARY_PATH", self.prefix.share.hoc)
        env.set("TRIAL_ROOT", self.prefix)
''',
    "trial_mods": '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class TrialMods(Package):
    """A model of one mechanism as a recipe installs it, but for its special."""

    homepage = "https://example.org"
    has_code = False

    version("1.0")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("neuron+python")

    def install(self, spec, prefix):
        mods = join_path(prefix.share, "trial", "mod")
        mkdirp(prefix.bin, prefix.lib, mods)
        with open(prefix.bin.special, "w") as file:
            file.write("#!/bin/sh\\necho the special of the recipe\\n")
        set_executable(prefix.bin.special)
        touch(join_path(prefix.lib, "libnrnmech.so"))
        with open(join_path(mods, "leak.mod"), "w") as file:
            file.write("NEURON { SUFFIX leak NONSPECIFIC_CURRENT i }\\n")
            file.write("ASSIGNED { v i }\\nBREAKPOINT { i = 0.001 * v }\\n")

    def setup_run_environment(self, env):
        env.set("TRIAL_LIBRARY", join_path(self.prefix.lib, "libnrnmech.so"))
''',
    "py_trial": '''\
from spack_repo.builtin.build_systems.python import PythonPackage
from spack.package import *


class PyTrial(PythonPackage):
    """Python alone."""

    homepage = "https://example.org"
    url = "file:///nowhere/trial-1.0.tar.gz"

    version("develop")
    version("1.0", sha256="@SHA@")

    depends_on("py-setuptools", type="build")

    def detect_dev_src_change(self):
        return False
''',
    "trial_tool": '''\
from spack_repo.builtin.build_systems.makefile import MakefilePackage
from spack.package import *


class TrialTool(MakefilePackage):
    """A program in C."""

    homepage = "https://example.org"
    url = "file:///nowhere/tool-1.0.tar.gz"

    version("develop")
    version("1.0", sha256="0" * 64)

    depends_on("c", type="build")

    def install(self, spec, prefix):
        mkdirp(prefix.bin)
        install("tool", prefix.bin)
''',
}

TEMPLATE = """\
summary: trial
neuron: neuron==9.0.2
packages: [trial]
variants:
  coreneuron: {}
model: {mods: [{package: devenv, path: ring/mod}], hoc: [{package: devenv, path: ring/hoc}]}
spack:
  - py-trial@1.0
  - trial-model {variants}
"""

MODS = """\
summary: a model of one mechanism, and NEURON from a wheel
neuron: neuron==9.0.2
packages: []
variants:
  more: {}
model:
  mods: [{package: devenv, path: ring/mod}, {package: devenv, path: ring/more, when: +more}]
spack: [trial-mods]
"""

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "trial"
version = "1.0"
[tool.setuptools]
packages = ["trial"]
"""

WHEELS = ("pip==25.1.1", "setuptools==80.9.0", "wheel==0.45.1")
LEGACY_WHEELS = ("pip==23.1.2", "setuptools==68.0.0", "wheel==0.41.2")
"""What Spack's recipes build Python packages with; they verify it by their own checksums."""


@dataclass(frozen=True)
class Trial:
    """devenv with Spack set up, the trial's recipes and the archives that they need."""

    devenv: Devenv
    root: Path

    @property
    def store(self) -> Path:
        return self.devenv.home / "spack" / "opt"

    def env(self, name: str) -> Path:
        return self.devenv.home / "envs" / name

    def source(self, name: str) -> Path:
        """A Python dev source of our own."""
        folder = self.root / "sources" / name
        (folder / "trial").mkdir(parents=True)
        (folder / "pyproject.toml").write_text(PYPROJECT)
        (folder / "trial" / "__init__.py").write_text("ANSWER = 42\n")
        return folder

    def tool(self, name: str) -> Path:
        """A dev source in C."""
        folder = self.root / "sources" / name
        folder.mkdir(parents=True)
        (folder / "Makefile").write_text("tool: tool.c\n\t$(CC) -o tool tool.c\n")
        text = '#include <stdio.h>\nint main() { puts("first"); return 0; }\n'
        (folder / "tool.c").write_text(text)
        return folder

    def installed_at(self) -> dict[str, int]:
        """Every prefix with the time at which it was made."""
        return {p.name: p.stat().st_mtime_ns for p in self.store.glob("*/*-*-*") if p.is_dir()}


def make_trial(devenv: Devenv, *, legacy: bool = False) -> Trial:
    """Write the recipes, the sources and the site file; devenv's Spack must be set up.

    legacy: for Spack 0.2x, whose recipes stand in folders with dashes and import nothing.
    """
    root = devenv.home.parent / "trial"
    archive = _release(root)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    packages = root / "recipes" / "spack_repo" / "trial" / "packages"
    for name, text in RECIPES.items():
        folder = packages / (name.replace("_", "-") if legacy else name)
        folder.mkdir(parents=True)
        lines = [x for x in text.splitlines() if not (legacy and x.startswith("from spack_repo"))]
        recipe = "\n".join(lines).replace("@SHA@", digest)
        (folder / "package.py").write_text(f"{recipe}\n")
    api = "" if legacy else "  api: v2.0\n"
    (packages.parent / "repo.yaml").write_text(f"repo:\n  namespace: trial\n{api}")
    mirror = root / "mirror"
    _keep(mirror, archive, "tar.gz")
    for wheel in _download(root / "wheels", LEGACY_WHEELS if legacy else WHEELS):
        _keep(mirror, wheel, "whl")
    site = devenv.home / "sites" / "trial.yaml"
    site.parent.mkdir(parents=True, exist_ok=True)
    site.write_text(
        f"repositories: {{trial: {packages.parent}}}\nmirrors: {{trial: 'file://{mirror}'}}\n"
    )
    template = devenv.home / "templates" / "trial.yaml"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text(TEMPLATE)
    template.with_name("trial-mods.yaml").write_text(MODS)
    return Trial(devenv, root)


def another(trial: Trial, folder: Path, more: str = "") -> Devenv:
    """Another home with the same Spack and recipes, and an environment `taken`. more: of its site."""
    home = trial.devenv.home
    other = Devenv(
        folder / "home",
        {
            "DEVENV_SITE": "trial",
            "DEVENV_WHEELS": "off",
            "DEVENV_SPACK_ROOT": str(home / "spack" / CORE),
            "DEVENV_SPACK_PACKAGES_ROOT": str(home / "spack" / PACKAGES),
        },
    )
    (other.home / "sites").mkdir(parents=True)
    site = (home / "sites" / "trial.yaml").read_text()
    (other.home / "sites" / "trial.yaml").write_text(site + more)
    other("spack", "setup")
    other("create", "taken", "--template", home / "templates" / "trial.yaml")
    return other


def _release(root: Path) -> Path:
    folder = root / "trial-1.0"
    (folder / "trial").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "trial" / "__init__.py").write_text("ANSWER = 1\n")
    made = shutil.make_archive(str(folder), "gztar", root, folder.name)
    return Path(made)


def _download(folder: Path, wheels: tuple[str, ...]) -> list[Path]:
    argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), *wheels]
    subprocess.run(argv, check=True, capture_output=True)
    return sorted(folder.iterdir())


def _keep(mirror: Path, archive: Path, suffix: str) -> None:
    """Where Spack looks for an archive in a mirror: by its SHA-256."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    place = mirror / "_source-cache" / "archive" / digest[:2] / f"{digest}.{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(archive, place)

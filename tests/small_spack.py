"""Two small models of the Spack engine, whose mechanisms say numbers: one of devenv's recipe, one of a
recipe that knows nothing of devenv and calls nrnivmodl."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from support import Devenv

RECIPE = '''\
import glob

from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class PlainModel(Package):
    """The simulator's own mechanisms, as nrnivmodl makes them."""

    homepage = "https://example.org"
    has_code = False

    version("1.0")

    variant("other", default=False, description="Another model of the same mechanisms")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("gmake", type="build")
    depends_on("neuron+python")
    depends_on("py-neurodamus", type=("build", "run"))

    def install(self, spec, prefix):
        mods = join_path(spec["py-neurodamus"].package.datadir, "mod")
        neuron = spec["neuron"].package.home
        nrnivmodl = Executable(join_path(neuron, "bin", "nrnivmodl"))
        nrnivmodl.add_default_env("NRNHOME", neuron)
        nrnivmodl("-loadflags", f"-Wl,-rpath,{prefix.lib}", mods)
        mkdirp(prefix.bin, prefix.lib)
        made = glob.glob("*/special")[0]
        install(join_path(made.rpartition("/")[0], "libnrnmech.so"), prefix.lib)
        install(made, prefix.bin)
        mkdirp(join_path(prefix.share, "plain", "hoc"))

    def setup_run_environment(self, env):
        env.set("PLAIN_ROOT", self.prefix)
        env.set("NRNMECH_LIB_PATH", join_path(self.prefix.lib, "libnrnmech.so"))
        env.prepend_path("HOC_LIBRARY_PATH", join_path(self.prefix, "share", "plain", "hoc"))
'''

FOREIGN = '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class PyNeurodamus(Package):
    """A recipe that does not say what a change of a dev source is."""

    homepage = "https://example.org"
    has_code = False

    version("develop")
    version("4.2.9")

    depends_on("python", type=("build", "run"))

    @property
    def datadir(self):
        return join_path(self.prefix, "data")

    def install(self, spec, prefix):
        mkdirp(join_path(self.datadir, "mod"))
        with open(join_path(self.datadir, "mod", "core.mod"), "w") as file:
            file.write("NEURON { SUFFIX core }\\nFUNCTION number() { number = 7 }\\n")
'''

TEMPLATE = """\
summary: mechanisms that say numbers
neuron: neuron==9.0.2
packages: [neurodamus==4.2.9]
model:
  mods: [{package: neurodamus}, {package: neurodamus-models, path: neocortex/mod/v6}]
spack: [py-neurodamus@4.2.9, MODEL]
"""

MODELS = {
    "recipe": "neurodamus-models@develop~v5~caliper~reports~example model=neocortex",
    "plain": "plain-model",
    "other": "plain-model+other",
}

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "neurodamus"
version = "4.2.9"
"""

MOD = "NEURON { SUFFIX %s }\nFUNCTION number() { number = %s }\n"


@dataclass(frozen=True)
class Small:
    """An environment of the Spack engine with a model of one or two mechanisms.

    models: its dev source of neurodamus-models; None where the model is `plain-model`.
    """

    devenv: Devenv
    name: str
    neurodamus: Path
    models: Path | None = None

    @property
    def core_mod(self) -> Path:
        """The simulator's own mechanism."""
        return self.neurodamus / "neurodamus" / "data" / "mod" / "core.mod"

    @property
    def region_mod(self) -> Path:
        assert self.models
        return self.models / "neocortex" / "mod" / "v6" / "region.mod"

    @property
    def prefix(self) -> Path:
        """Where Spack installed the model."""
        package = "neurodamus-models" if self.models else "plain-model"
        lock = self.devenv.home / "envs" / self.name / "current" / "spack.lock"
        nodes = json.loads(lock.read_text())["concrete_specs"].items()
        (hash_,) = (hash_ for hash_, node in nodes if node["name"] == package)
        (found,) = (self.devenv.home / "spack" / "opt").glob(f"*/{package}-*-{hash_}")
        return found

    def says(self, *words: str, mechanism: str = "core") -> str:
        """The number that the mechanism computes in a run, and all that devenv says."""
        line = f'print "the number is ", number_{mechanism}()'
        program = ("special", "-nogui", "-c", line, "-c", "quit()")
        return self.devenv("run", self.name, *words, "--", *program).stdout

    def build(self, *words: object, code: int | None = 0) -> str:
        return self.devenv("build", self.name, *words, code=code).stdout

    def generation(self) -> str:
        return (self.devenv.home / "envs" / self.name / "current").readlink().name


def write_mod(path: Path, number: float | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MOD % (path.stem, number))


def small_devenv(home: Devenv, site: str = "small", **more: str) -> Devenv:
    """`home`, whose Spack is set up, with the recipes and a site that knows them.

    more: recipes beside that of `plain-model`.
    """
    devenv = Devenv(home.home, {**home.environ, "DEVENV_SITE": site})
    file = devenv.home / "sites" / f"{site}.yaml"
    if not file.exists():
        root = devenv.home.parent / site / "recipes" / "spack_repo" / site
        for recipe, text in {"plain_model": RECIPE, **more}.items():
            (root / "packages" / recipe).mkdir(parents=True)
            (root / "packages" / recipe / "package.py").write_text(text)
        (root / "repo.yaml").write_text(f"repo:\n  namespace: {site}\n  api: v2.0\n")
        file.write_text(f"repositories: {{{site}: {root}}}\n")
        for kind, spec in MODELS.items():
            template = devenv.home / "templates" / f"small-{kind}.yaml"
            template.parent.mkdir(parents=True, exist_ok=True)
            template.write_text(TEMPLATE.replace("MODEL", spec))
    return devenv


def make_small(home: Devenv, kind: str, name: str, sources: Path, **more: str) -> Small:
    """A built environment. kind: of MODELS. more: as `small_devenv` takes it.

    sources: the folder of its dev sources, which are made where they are not there yet.
    """
    devenv = small_devenv(home, **more)
    neurodamus, models = sources / "neurodamus", sources / "models"
    small = Small(devenv, name, neurodamus, models if kind == "recipe" else None)
    if not neurodamus.exists():
        write_mod(small.core_mod, 1)
        (small.core_mod.parents[1] / "hoc").mkdir()
        (neurodamus / "pyproject.toml").write_text(PYPROJECT)
        (neurodamus / "neurodamus" / "__init__.py").write_text("")
        if small.models:
            write_mod(small.region_mod, 1)
            (models / "neocortex" / "hoc").mkdir()
    options = ("--template", f"small-{kind}", "--engine", "spack", "--wheels-as-externals")
    devenv("create", name, *options)
    devenv("develop", "neurodamus-py", "--env", name, "--path", neurodamus)
    if small.models:
        devenv("develop", "neurodamus-neocortex", "--env", name, "--path", models)
    small.build()
    return small

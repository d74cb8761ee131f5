"""What the readers of the pages for a laptop have already."""

from __future__ import annotations

import shutil
import subprocess

from mine import shadow
from page_session import Reader
from page_table import MODELS
from toolchain_standin import commit, make_standin, replace_in
from wheel_samples import simple

SMALL = """\
summary: neurodamus, and the mechanisms of the ring
neuron: neuron==9.0.2
packages: [neurodamus==4.2.9]
variants:
  coreneuron: {help: also for CoreNEURON}
model:
  mods: [{package: neurodamus}, {package: devenv, path: ring/mod}]
  hoc: [{package: neurodamus}, {package: devenv, path: ring/hoc}]
  flags: [-DDISABLE_REPORTINGLIB]
  exclude: {vecevent.mod: nothing here needs VecStim}
tests:
  bb5:
    package: neurodamus
    tests: [tests/unit/test_coords.py, tests/unit/test_multimap.py]
    deps: ["pytest<9.1", pytest-forked, pytest-xdist]
    env: {NEURON_INIT_MPI: "0"}
"""


def furnish(reader: Reader) -> None:
    """Sources in ~/src, and an environment `neocortex` of few mechanisms that develops one of them."""
    devenv, sources = reader.devenv, reader.home / "src"
    template = devenv.home / "templates" / "small.yaml"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text(SMALL, encoding="utf-8")
    devenv("create", "neocortex", "--template", "small")
    devenv("develop", "neurodamus", "--env", "neocortex")
    # The clone that devenv completed: its submodule is not everywhere within reach.
    clone = devenv.home / "sources" / "neocortex" / "neurodamus"
    shutil.copytree(clone, sources / "neurodamus", symlinks=True)
    argv = ["git", "clone", "--quiet", "--depth=1", MODELS, sources / "neurodamus-models"]
    subprocess.run(argv, check=True, capture_output=True)
    simple(sources / "fastsim", "fastsim")
    devenv("develop", "neurodamus", "--env", "neocortex", "--path", sources / "neurodamus")
    devenv("develop", "fastsim", "--env", "neocortex", "--path", sources / "fastsim")
    devenv("build", "neocortex")


def neuron_clone(reader: Reader) -> None:
    """~/src/nrn: the stand-in for NEURON, in whose history one commit breaks the answer; its test."""
    clone = make_standin(reader.home / "src" / "nrn")
    before = 41
    for value in (42, 50, 51):
        replace_in(clone / "src/nrniv/answer.cpp", f"return {before}", f"return {value}")
        commit(clone, f"Answer {value}")
        before = value
    test = "import neuron, sys\nsys.exit(neuron.answer() >= 50)\n"
    (reader.home / "src" / "test.py").write_text(test, encoding="utf-8")


def site_stack(reader: Reader) -> dict[str, str]:
    """The modules of a site, with a neurodamus of its own; the variables with which they are found."""
    site = reader.home / "site"
    shadow(site)
    archive = site / "modules" / "archive" / "2024"
    archive.parent.mkdir()
    archive.write_text("#%Module\nsetenv ARCHIVE 2024\n", encoding="utf-8")
    return {"MODULEPATH": str(site / "modules")}

"""What the readers of the pages for a laptop have already."""

from __future__ import annotations

import shutil
import subprocess

from page_session import Reader
from page_table import MODELS
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

"""Nothing is wired to neurodamus: hnn-core with its own NEURON and its own mechanisms."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import Devenv

pytestmark = pytest.mark.real

DIPOLE = """\
import json
import hnn_core, neuron
from hnn_core import jones_2009_model, simulate_dipole
net = jones_2009_model(mesh_shape=(1, 1), add_drives_from_params=True)
dipole = simulate_dipole(net, tstop=10.0)[0]
print("FOUND", json.dumps({
    "file": neuron.__file__, "version": neuron.__version__, "hnn": hnn_core.__file__,
    "samples": len(dipole.times), "moves": float(abs(dipole.data["agg"]).max()),
}))
"""


@pytest.mark.parametrize("name", ["neocortex", "hippocampus", "thalamus", "mousify", "hnn"])
def test_each_template_can_be_created(devenv: Devenv, name: str) -> None:
    output = devenv("create", name, "--dry-run").stdout
    assert f"# {name}: template {name}, Python 3." in output
    assert "uv pip compile" in output
    assert not (devenv.home / "envs").exists()


@pytest.fixture(scope="module")
def hnn(make_devenv: Callable[[str], Devenv]) -> Devenv:
    devenv = make_devenv("hnn")
    devenv("create", "hnn")
    return devenv


def dipole(devenv: Devenv, name: str = "hnn") -> dict[str, Any]:
    output = devenv("run", name, "--", "python", "-c", DIPOLE).stdout
    found: dict[str, Any] = json.loads(output.split("FOUND ")[1])
    return found


def test_a_dipole(hnn: Devenv) -> None:
    devenv = hnn
    built = devenv("build").stdout
    assert "mechanisms" in built
    found = dipole(devenv)
    assert found["version"].startswith("8.2.7")
    assert found["file"].startswith(str(devenv.home / "neuron"))
    assert found["hnn"].startswith(str(devenv.home / "venvs"))
    assert found["samples"] > 100
    assert found["moves"] > 0
    doctor = devenv("doctor", "hnn").stdout
    assert "stale" in doctor


def test_hnn_core_is_developed(hnn: Devenv, tmp_path: Path) -> None:
    """Its build compiles its mods into a library; in the environment they are in the model."""
    # Of a release: the same wherever the tests run.
    hnn("develop", "hnn-core", "--release", "--env", "hnn")
    source = hnn.home / "sources" / "hnn" / "hnn-core"
    found = dipole(hnn)
    assert Path(found["hnn"]).resolve().is_relative_to(source)
    assert found["moves"] > 0
    one = source / "hnn_core" / "mod" / "hh2.mod"
    text = one.read_text()
    one.write_text(text.replace("INITIAL {", "INITIAL {\nVERBATIM\n  fail here;\nENDVERBATIM"))
    said = hnn("build", "hnn", code=4).stdout
    assert f"{one}:" in said
    # In an environment whose template knows nothing of it, it brings its mods along.
    template = tmp_path / "plain.yaml"
    template.write_text("summary: s\npython: '>=3.10,<3.14'\nneuron: neuron==8.2.7\npackages: []\n")
    hnn("create", "plain", "--template", template)
    hnn("develop", "hnn-core", "--path", source, "--env", "plain")
    assert f"{one}:" in hnn("build", "plain", code=4).stdout
    one.write_text(text)
    hnn("build", "plain")
    shown = json.loads(hnn("show", "plain", "--json").stdout)
    assert "hh2" in shown["generation"]["model"]["mechanisms"]


REPOSITORY = "https://github.com/jonescompneurolab/hnn-core.git"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Its repository, without the one large file of the networks that it saves."""
    user = os.environ.get("GIT_CONFIG_GLOBAL", "~/.gitconfig")
    config = tmp_path / "gitconfig"
    # A mirror on this disk allows what every host does.
    config.write_text(f"[include]\n\tpath = {user}\n[uploadpack]\n\tallowFilter = true\n")
    folder = tmp_path / "hnn core"
    shallow = ("clone", "--quiet", "--depth=1", "--filter=blob:none", "--no-checkout")
    for words in (
        (*shallow, REPOSITORY, str(folder)),
        ("-C", str(folder), "sparse-checkout", "set", "--no-cone", "/*", "!*.hdf5"),
        ("-C", str(folder), "checkout", "--quiet"),
    ):
        environ = {**os.environ, "GIT_CONFIG_GLOBAL": str(config)}
        if subprocess.run(["git", *words], env=environ, check=False).returncode:
            pytest.skip(f"{REPOSITORY} cannot be cloned")
    return folder


def test_hnn_core_is_developed_from_its_repository(hnn: Devenv, clone: Path) -> None:
    """Live, with its mods in the environment's model: an edit of either is in the next run."""
    hnn("create", "live", "--template", "hnn")
    hnn("develop", "hnn-core", "--path", clone, "--env", "live")
    first = dipole(hnn, "live")
    assert Path(first["hnn"]).resolve().is_relative_to(clone)
    assert first["file"].startswith(str(hnn.home / "neuron"))
    (clone / "hnn_core" / "fresh.py").write_text("WORD = 'seen'\n")
    code = "import hnn_core.fresh; print(hnn_core.fresh.WORD)"
    said = hnn("run", "live", "--", "python", "-c", code).stdout
    assert said.endswith("seen\n") and "building" not in said
    mod = clone / "hnn_core" / "mod" / "hh2.mod"
    text = mod.read_text()
    assert "gnabar = .12" in text
    mod.write_text(text.replace("gnabar = .12", "gnabar = .14"))
    code = "from neuron import h; s = h.Section(); s.insert('hh2'); print(s.gnabar_hh2)"
    said = hnn("run", "live", "--", "python", "-c", code).stdout
    assert said.splitlines()[-1] == "0.14"
    assert "compile hh2.mod" in said and "compile ca.mod" not in said
    status = ["git", "-C", str(clone), "status", "--porcelain", "--ignored"]
    changed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    # It notes at its first import whether somebody has seen its survey, and Python what it compiled.
    own = re.compile("survey_seen|__pycache__")
    lines = [line for line in changed.splitlines() if not own.search(line)]
    assert lines == [" M hnn_core/mod/hh2.mod", "?? hnn_core/fresh.py"]

"""Nothing is wired to neurodamus: hnn-core with its own NEURON and its own mechanisms."""

from __future__ import annotations

import json
from collections.abc import Callable

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


def test_a_dipole(make_devenv: Callable[[str], Devenv]) -> None:
    devenv = make_devenv("hnn")
    devenv("create", "hnn")
    built = devenv("build").stdout
    assert "mechanisms" in built
    output = devenv("run", "hnn", "--", "python", "-c", DIPOLE).stdout
    found = json.loads(output.split("FOUND ")[1])
    assert found["version"].startswith("8.2.7")
    assert found["file"].startswith(str(devenv.home / "neuron"))
    assert found["hnn"].startswith(str(devenv.home / "venvs"))
    assert found["samples"] > 100
    assert found["moves"] > 0
    doctor = devenv("doctor", "hnn").stdout
    assert "stale" in doctor

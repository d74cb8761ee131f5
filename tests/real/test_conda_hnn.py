"""hnn-core-all from its own recipe: built, tested on two ranks, installed, and simulated with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conda_parts import channel_records, contents, download, interpreters
from conda_wheels import channel_of_wheels, install_wheels
from stand_ins import reachable
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

REPOSITORY = "https://github.com/jonescompneurolab/hnn-core-conda-packaging.git"
PYTHON = "3.12"
NEEDS = (
    "find-libpython", "h5io", "ipykernel", "ipympl", "ipython", "ipywidgets>8.0.0", "joblib",
    "matplotlib>=3.5.3", "mpi4py", "neuron==8.2.7", "numpy<2.3", "openmpi>=5.0.5,<6", "packaging",
    "pip", "psutil", "scikit-learn", "scipy", "setuptools<80", "voila",
)  # fmt: skip
"""What the recipe names, and NEURON, which its script installs as a wheel."""
DIPOLE = """\
import hnn_core, json, neuron
from hnn_core import MPIBackend, jones_2009_model, simulate_dipole
net = lambda: jones_2009_model(mesh_shape=(2, 2), add_drives_from_params=True)
serial = simulate_dipole(net(), tstop=20)[0].data["agg"]
with MPIBackend(n_procs=2):
    two = simulate_dipole(net(), tstop=20)[0].data["agg"]
print("FOUND", json.dumps({"serial": list(serial), "two": list(two), "hnn": hnn_core.__file__,
                           "neuron": neuron.__file__}))
"""


@dataclass(frozen=True)
class Parts:
    """channel: with all that hnn-core-all needs. wheels: the same, as wheels. source: of hnn-core."""

    channel: Path
    wheels: Path
    source: Path


@pytest.fixture(scope="module")
def parts(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Parts:
    if PYTHON not in interpreters():
        pytest.skip(f"Python {PYTHON} was not found")
    if not reachable(REPOSITORY):
        pytest.skip(f"{REPOSITORY} cannot be reached")
    folder = tmp_path_factory.mktemp("hnn")
    stubs = ("ncurses==6.5", "readline==8.2")
    kept = channel_of_wheels(
        make_devenv("conda-wheels"), PYTHON, NEEDS, stubs=stubs, inside=("neuron",)
    )
    (source,) = download(folder / "source", "--no-binary", "hnn-core", "hnn-core==0.5.0")
    channel = Path(shutil.copytree(kept / "channel", folder / "channel"))
    return Parts(channel, kept / "wheels", source)


@pytest.fixture(scope="module")
def recipe(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe as it is published, but for the two addresses that it downloads from."""
    clone = tmp_path_factory.mktemp("recipes") / "hnn"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, str(clone)], check=True)
    folder = clone / "hnn-core-all" / "recipe"
    (wheel,) = parts.wheels.glob("neuron-*.whl")
    changes = (
        ("meta.yaml", r"(?m)^  url: .*$", f"  url: {parts.source.as_uri()}"),
        ("build.sh", r"NRN_WHL_URL=\S+manylinux\S+", f"NRN_WHL_URL={wheel}"),
    )
    for name, pattern, text in changes:
        after, count = re.subn(pattern, text, (folder / name).read_text(encoding="utf-8"))
        assert count == 1
        (folder / name).write_text(after, encoding="utf-8")
    return folder


def test_hnn_core_all_from_its_recipe(
    devenv: Devenv, parts: Parts, recipe: Path, tmp_path: Path
) -> None:
    """Its run_test.py simulates serially and on two ranks while it is built."""
    done = devenv("conda", "build", recipe, "--python", PYTHON, "--output", parts.channel)
    assert "built and tested" in done.stdout
    (place,) = [one for one in channel_records(parts.channel) if "hnn-core-all" in one]
    files = contents(parts.channel / place)
    assert any(name.endswith("neuron/.data/lib/libnrniv.so") for name in files)
    assert any(name.endswith("hnn_core/mod/x86_64/libnrnmech.so") for name in files)
    assert b"LD_LIBRARY_PATH" in files["etc/conda/activate.d/hnn-core-all_activate.sh"]
    assert "bin/hnn-gui" in files

    devenv("create", "hnn", "--engine", "conda", "--channel", parts.channel)
    found = values(devenv("run", "hnn", "--", "python", "-c", DIPOLE).stdout)
    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    assert found["neuron"].startswith(str(prefix))
    assert found["hnn"].startswith(str(prefix))

    wanted = in_a_venv(parts, tmp_path / "venv")
    assert found["serial"] == wanted["serial"]
    assert found["two"] == wanted["two"]
    assert max(map(abs, found["serial"])) > 0
    assert found["two"] == pytest.approx(found["serial"], rel=1e-6, abs=1e-12)


def in_a_venv(parts: Parts, venv: Path) -> dict[str, Any]:
    """The same simulation with the same wheels, and with hnn-core from its source."""
    install_wheels(venv, interpreters()[PYTHON], sorted(parts.wheels.iterdir()))
    environ = plain_environ()
    path = f"{venv}/bin:{environ['PATH']}"
    environ |= {"PATH": path, "LD_LIBRARY_PATH": f"{venv}/lib"}
    build = [venv / "bin" / "python", "-m", "pip", "install", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--no-index", "--quiet", parts.source], check=True, env=environ)
    argv = [venv / "bin" / "python", "-c", DIPOLE]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True, cwd="/")
    return values(done.stdout)


def values(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output.split("FOUND ")[1].splitlines()[0])
    return found

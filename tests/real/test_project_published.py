"""`git clone`, `devenv init`, `devenv run`: published models simulate as with plain nrnivmodl."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project
from published_projects import PUBLISHED, Published, clone, traces
from support import Devenv, plain_environ

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def devenv(make_devenv: Callable[[str], Devenv]) -> Devenv:
    return make_devenv("published")


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.name)
def test_two_commands_simulate_as_plain_neuron(
    devenv: Devenv, tmp_path: Path, one: Published
) -> None:
    try:
        folder = clone(one, tmp_path / "clone")
        plain = clone(one, tmp_path / "plain")
    except subprocess.CalledProcessError:
        pytest.skip(f"{one.repository} cannot be cloned")
    project = Project(devenv, folder)
    project("init")
    # What its own scripts import for plots and analyses takes minutes to install; it is not needed here.
    lean(folder / "devenv.yaml")
    project("allow")
    (ours,) = traces(project("run", "--", "python", "first_simulation.py"))
    assert [ours] == traces(plainly(devenv, plain, one.mods))
    assert len(ours) > 2
    assert any(re.fullmatch("[0-9a-f]{16}", trace) for trace in ours.values())


def lean(file: Path) -> None:
    lines = file.read_text().splitlines()
    kept = [line for line in lines if "  # imported by" not in line]
    text = "\n".join(kept).replace("\npackages:\nmodel", "\npackages: []\nmodel")
    file.write_text(text + "\n")


def plainly(devenv: Devenv, folder: Path, mods: str) -> str:
    """The same script with what nrnivmodl makes of the folder, by the same NEURON."""
    (bin_,) = (path for path in (devenv.home / "neuron").glob("*/bin") if path.is_dir())
    environ = {**plain_environ(), "PATH": f"{bin_}:/usr/bin:/bin"}
    for command in ((bin_ / "nrnivmodl", mods), (bin_ / "python", "first_simulation.py")):
        done = subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, text=True, errors="replace",
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

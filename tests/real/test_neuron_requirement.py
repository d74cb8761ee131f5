"""What a package requires of NEURON, and what the environment says: both sides, before it is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Devenv

pytestmark = pytest.mark.real

NAME = "old"
# hnn-core 0.6.1 requires NEURON >=7.7,<=8.2.7.
CLASHING = "summary: s\nneuron: neuron==9.0.2\npackages: [hnn-core==0.6.1]\n"
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "wants-old"
version = "1.0"
dependencies = ["neuron<9"]
"""


@pytest.fixture(scope="module")
def home(make_devenv: Callable[[str], Devenv]) -> Devenv:
    """With an environment of NEURON 9.0.2 alone."""
    devenv = make_devenv("neuron-requirement")
    template = devenv.home / "templates" / "old.yaml"
    template.parent.mkdir(parents=True)
    template.write_text("summary: s\nneuron: neuron==9.0.2\npackages: []\n")
    devenv("create", NAME)
    return devenv


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "wants-old"
    (folder / "wants_old").mkdir(parents=True)
    (folder / "wants_old" / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def names_both_sides(said: str, package: str, neuron: str) -> None:
    assert package in said
    assert f"the environment's NEURON is {neuron}" in said
    assert "--neuron" in said
    assert "+devenv" not in said


def test_a_template(home: Devenv, tmp_path: Path) -> None:
    template = tmp_path / "clashing.yaml"
    template.write_text(CLASHING)
    said = home("create", "other", "--template", template, code=2).stdout
    names_both_sides(said, "hnn-core", "neuron==9.0.2")
    assert "<=8.2.7" in said
    assert not (home.home / "envs" / "other").exists()


@pytest.mark.parametrize("neuron", ["neuron==9.0.1", "neuron-nightly"])
def test_the_option(home: Devenv, neuron: str) -> None:
    said = home(
        "create", f"other-{len(neuron)}", "--template", "hnn", "--neuron", neuron, code=2
    ).stdout
    names_both_sides(said, "hnn-core", neuron)
    assert not (home.home / "envs" / "other").exists()


def test_an_edit_of_environment_yaml(home: Devenv) -> None:
    request = home.home / "envs" / NAME / "environment.yaml"
    before = request.read_text()
    request.write_text(before + "packages: ['hnn-core==0.6.1']\n")
    names_both_sides(home("build", NAME, code=2).stdout, "hnn-core", "neuron==9.0.2")
    request.write_text(before)
    home("build", NAME)


def test_a_dev_source(home: Devenv, source: Path) -> None:
    said = home("develop", "wants-old", "--path", source, "--env", NAME, code=2).stdout
    names_both_sides(said, "neuron<9", "neuron==9.0.2")
    shown = json.loads(home("show", NAME, "--json").stdout)
    assert shown["environment"]["develop"] == []


def test_what_fits_is_taken_and_brings_no_second_neuron(home: Devenv, source: Path) -> None:
    pyproject = source / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("neuron<9", "neuron>=9.0,<=9.0.2"))
    home("develop", "wants-old", "--path", source, "--env", NAME)
    shown = json.loads(home("show", NAME, "--json").stdout)
    assert not any(line.startswith("neuron") for line in shown["lock"]["packages"])
    said = home("run", NAME, "--", "python", "-c", "import neuron; print(neuron.__file__)").stdout
    assert str(home.home / "neuron") in said
    home("undevelop", "wants-old", "--env", NAME)

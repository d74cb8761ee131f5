"""`build --mods`: what is asked for is built, or refused with the reason; and it can be taken back."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_models import mod
from support import Devenv

pytestmark = pytest.mark.real

NAME = "plain"
TEMPLATES = {
    NAME: "summary: NEURON and nothing else\nneuron: neuron==9.0.2\npackages: []\n",
    "base": "summary: the NEURON of a base\nneuron: ''\npackages: []\n",
}
# -1 where a mechanism is missing, else its current at -50 mV.
ASK = """
from neuron import h
import sys
for name in sys.argv[-1].split(","):
    cell = h.Section()
    try:
        cell.insert(name)
    except ValueError:
        print("ANSWER", name, -1)
        continue
    h.finitialize(-50)
    print("ANSWER", name, round(getattr(cell(0.5), name).i, 9))
h.quit()
"""


@dataclass(frozen=True)
class Plain:
    """An environment whose template has no model. folder: for MOD files, new in each test."""

    devenv: Devenv
    folder: Path

    def write(self, name: str, mechanism: str = "", g: float = 0.001) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mod(mechanism or path.stem, g))
        return path

    def build(self, *arguments: object, code: int = 0) -> str:
        return self.devenv("build", NAME, *arguments, code=code).stdout

    def currents(self, *names: str) -> list[float]:
        """What special finds of these mechanisms: their currents, -1 for one that is not there."""
        argv = ("special", "-nobanner", "-python", "-c", ASK, ",".join(names))
        lines = self.devenv("run", NAME, "--", *argv).stdout.splitlines()
        return [float(line.split()[2]) for line in lines if line.startswith("ANSWER")]

    @property
    def mechanisms(self) -> list[str]:
        shown = json.loads(self.devenv("show", NAME, "--json").stdout)
        model = shown["generation"]["model"]
        return model["mechanisms"] if model else []

    @property
    def request(self) -> Path:
        return self.devenv.home / "envs" / NAME / "environment.yaml"


@pytest.fixture(scope="module")
def home(make_devenv: Callable[[str], Devenv]) -> Devenv:
    devenv = make_devenv("own-mods")
    templates = devenv.home / "templates"
    templates.mkdir(parents=True)
    for name, text in TEMPLATES.items():
        (templates / f"{name}.yaml").write_text(text)
        devenv("create", name)
    return devenv


@pytest.fixture
def plain(home: Devenv, tmp_path: Path) -> Plain:
    (home.home / "envs" / NAME / "environment.yaml").write_text(f"template: {NAME}\n")
    return Plain(home, tmp_path / "mine")


def test_a_template_without_a_model(plain: Plain) -> None:
    plain.write("leak.mod")
    assert "1 mechanism, 1 of them compiled now" in plain.build("--mods", plain.folder)
    assert plain.currents("leak") == [0.015]
    plain.write("leak.mod", g=0.002)
    assert plain.currents("leak") == [0.03]


def test_a_lock_names_what_it_cannot_bring_back(plain: Plain, tmp_path: Path) -> None:
    """The template and the user's own mods are used as they are; where they are others, that is said."""
    template, leak = tmp_path / "locked.yaml", plain.write("leak.mod")
    template.write_text(TEMPLATES[NAME])
    devenv, name = plain.devenv, tmp_path.name
    devenv("create", name, "--template", template, "--mods", plain.folder)
    devenv("build", name)
    lock = tmp_path / "lock.json"
    shutil.copy(devenv.home / "envs" / name / "current" / "lock.json", lock)
    say = "is used as it is now: it has changed since the lock was written"
    assert say not in devenv("create", f"{name}-same", "--from-lock", lock).stdout
    plain.write("leak.mod", g=0.002)
    said = devenv("create", f"{name}-mods", "--from-lock", lock).stdout
    assert said.count(say) == 1
    assert f"note: {plain.folder} {say}" in said
    leak.write_text(mod("leak"))
    template.write_text(f"{TEMPLATES[NAME]}model: {{mods: [], flags: [-O0]}}\n")
    said = devenv("create", f"{name}-template", "--from-lock", lock).stdout
    assert said.count(say) == 1
    assert f"note: the template {template} {say}" in said
    # A lock of an earlier devenv does not say what they were.
    earlier = json.loads(lock.read_text())
    assert [one["path"] for one in earlier.pop("files")] == [str(template), str(plain.folder)]
    lock.write_text(json.dumps(earlier))
    assert say not in devenv("create", f"{name}-earlier", "--from-lock", lock).stdout


def test_a_base_brings_its_own_neuron(plain: Plain) -> None:
    plain.write("leak.mod")
    said = plain.devenv("build", "base", "--mods", plain.folder, code=2).stdout
    assert "base" in said
    assert "has no NEURON of its own" in said
    assert "mods" not in (plain.devenv.home / "envs/base/environment.yaml").read_text()


def test_one_level_too_high(plain: Plain) -> None:
    plain.write("mod/leak.mod")
    said = plain.build("--mods", plain.folder, code=2)
    assert f"--mods: {plain.folder} has no MOD files" in said
    assert str(plain.folder / "mod") in said
    assert "mods" not in plain.request.read_text()


def test_an_empty_folder_in_environment_yaml(plain: Plain) -> None:
    plain.folder.mkdir()
    plain.request.write_text(f"template: {NAME}\nmods: [{plain.folder}]\n")
    said = plain.build(code=2)
    assert f"{plain.folder} has no MOD files" in said
    assert "--no-mods" in said


def test_single_files(plain: Plain) -> None:
    plain.write("broken.mod").write_text("this is not NMODL")
    one, other = plain.write("one.mod"), plain.write("two.mod", g=0.002)
    (plain.folder / "values.inc").write_text("PARAMETER { e = -60 (mV) }\n")
    text = other.read_text().replace("  e = -65 (mV) }", ' }\nINCLUDE "values.inc"')
    other.write_text(text)
    plain.build("--mods", one, "--mods", other)
    assert plain.mechanisms == ["one", "two"]
    assert plain.currents("one", "two") == [0.015, 0.02]
    (plain.folder / "values.inc").write_text("PARAMETER { e = -70 (mV) }\n")
    plain.write("three.mod")
    assert plain.currents("one", "two", "three") == [0.015, 0.04, -1]


def test_a_file_that_is_not_a_mod_file(plain: Plain) -> None:
    path = plain.write("leak.txt")
    said = plain.build("--mods", path, code=2)
    assert f"--mods: {path} is not a MOD file" in said


def test_capital_letters(plain: Plain) -> None:
    plain.write("UP.MOD", "up")
    plain.build("--mods", plain.folder)
    assert plain.mechanisms == ["UP"]
    assert plain.currents("up") == [0.015]
    plain.write("UP.mod", "up")
    said = plain.build(code=2)
    assert "UP.MOD" in said
    assert "UP.mod" in said


def _make_fifo(path: Path) -> None:
    os.mkfifo(path)


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket is at most 108 bytes long
        one.bind(path.name)
        os.chdir(here)


def _make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


ODD = {
    "FIFO": _make_fifo,
    "socket": _make_socket,
    "directory": Path.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "too large": _make_huge,
    "link to nowhere.mod": lambda path: path.symlink_to("nowhere.mod"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_a_regular_file(plain: Plain, kind: str) -> None:
    plain.write("leak.mod")
    odd = plain.folder / "odd.mod"
    ODD[kind](odd)
    for asked in (plain.folder, odd) if kind != "directory" else (plain.folder,):
        done = plain.devenv("build", NAME, "--mods", asked, code=None)
        assert done.returncode in (2, 6), done.stdout
        assert str(odd) in done.stdout
        assert kind in done.stdout


def test_hidden_files_do_not_count(plain: Plain) -> None:
    """An editor's lock is a dangling link; nrnivmodl does not look at it either."""
    plain.write("leak.mod")
    (plain.folder / ".#leak.mod").symlink_to("somebody@somewhere.1234")
    plain.write(".other.mod", "other")
    plain.build("--mods", plain.folder)
    assert plain.mechanisms == ["leak"]


def test_a_digit_first(plain: Plain) -> None:
    plain.write("5ht.mod", "serotonin")
    plain.build("--mods", plain.folder)
    assert plain.currents("serotonin") == [0.015]


def test_a_folder_that_vanished_is_taken_back(plain: Plain) -> None:
    one, other = plain.write("a/one.mod").parent, plain.write("b/two.mod").parent
    plain.build("--mods", one, "--mods", other)
    shutil.rmtree(one)
    for said in (plain.build(code=6), plain.devenv("run", NAME, "--", "true", code=6).stdout):
        assert str(one) in said
        assert f"devenv build {NAME} --no-mods {one}" in said
    said = plain.build("--no-mods", one)
    assert "generation" in said
    assert str(one) not in plain.request.read_text()
    assert plain.mechanisms == ["two"]
    plain.build("--no-mods", other)
    assert plain.mechanisms == []
    assert "own mods" not in plain.devenv("show", NAME).stdout


def test_a_folder_that_was_never_given(plain: Plain) -> None:
    folder = plain.write("a/one.mod").parent
    plain.build("--mods", folder)
    said = plain.build("--no-mods", plain.folder, code=2)
    assert str(folder) in said
    assert plain.mechanisms == ["one"]


def test_two_own_mods_that_clash(plain: Plain) -> None:
    one, other = plain.write("a/one.mod", "same"), plain.write("b/two.mod", "same")
    said = plain.build("--mods", one.parent, "--mods", other.parent, code=2)
    assert str(one) in said
    assert str(other) in said
    assert "template" not in said
    assert "--no-mods" in said


def test_a_mechanism_that_neuron_has(plain: Plain) -> None:
    plain.write("mine.mod", "pas")
    said = plain.build("--mods", plain.folder, code=2)
    assert "NEURON has that one itself" in said

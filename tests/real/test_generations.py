"""Generations: what differs between them in words, going back to one, and what one is made of."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from small_models import Small, make_small, mod
from support import plain_environ

pytestmark = pytest.mark.real

GIT = ("git", "-c", "user.name=me", "-c", "user.email=me@x", "-c", "init.defaultBranch=main")
ASKED = "# why: the colours of the plots\npackages: [colorama==0.4.5]  # not newer\n"


@dataclass(frozen=True)
class History(Small):
    """An environment with these generations.

    1: created. 2: its model is built. 3: another package and a variant, by an edit of its file.
    4: the package newer; one mod changed and one more. 5: a dev source.
    """

    source: Path

    @property
    def root(self) -> Path:
        return self.devenv.home / "envs" / self.name

    @property
    def request(self) -> Path:
        return self.root / "environment.yaml"

    def current(self) -> int:
        return int((self.root / "current").readlink().name)

    def diff(self, *numbers: int) -> list[str]:
        lines = self.devenv("lock", "diff", self.name, *numbers).stdout.splitlines()
        return [line.strip() for line in lines[1:]]

    def colorama(self, *arguments: str) -> str:
        """The version that a run in the environment imports."""
        code = "import colorama; print('VERSION', colorama.__version__)"
        done = self.devenv("run", self.name, *arguments, "--", "python", "-c", code)
        return re.search(r"VERSION (\S+)", done.stdout)[1]  # type: ignore[index]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    home = tmp_path_factory.mktemp("generations") / "home"
    small = make_small(home, "small", 2)
    source = home.parent / "mine"
    (source / "mine").mkdir(parents=True)
    (source / "mine" / "__init__.py").write_text("ANSWER = 42\n")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "mine"\nversion = "1.2.3"\ndependencies = ["colorama"]\n'
    )
    found = History(**vars(small), source=source)
    small.build()
    with found.request.open("a") as file:
        file.write(f"variants: +more\n{ASKED}")
    small.build()
    text = found.request.read_text()
    found.request.write_text(text.replace("0.4.5", "0.4.6"))
    found.path("small1").write_text(mod("small1", 0.002))
    found.path("another").write_text(mod("another"))
    small.build()
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, *argv], cwd=source, check=True)
    small.devenv("develop", "mine", "--path", source, "--env", small.name)
    assert found.current() == 5
    return found


def test_what_differs_is_said_in_words(history: History) -> None:
    assert history.diff(1, 2) == ["model small built (2 mechanisms)"]
    assert history.diff(2, 3) == [
        "colorama 0.4.5 is new",
        "model small +more",
        "extra.mod is new",
    ]
    assert history.diff(3, 4) == [
        "colorama 0.4.5 → 0.4.6",
        "another.mod is new",
        "small1.mod changed",
    ]
    commit = subprocess.run(
        [*GIT, "rev-parse", "HEAD"], cwd=history.source, check=True, text=True, capture_output=True
    ).stdout[:10]
    assert history.diff() == [f"dev source mine {commit} {history.source} is new"]
    assert history.diff(5, 4) == [f"dev source mine {commit} {history.source} is gone"]
    assert history.devenv("lock", "diff", "4", "4").stdout == "small: generation 4 → 4: the same\n"


def test_the_list_says_what_each_changed_and_programs_can_read_it(history: History) -> None:
    lines = history.devenv("generations").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4", "5*"]
    assert "colorama 0.4.5 → 0.4.6; another.mod is new; small1.mod changed" in lines[4]
    said: dict[str, Any] = json.loads(history.devenv("lock", "diff", "3", "4", "--json").stdout)
    assert [(one["kind"], one["name"], one["change"]) for one in said["differences"]] == [
        ("package", "colorama", "changed"),
        ("mod", "another", "new"),
        ("mod", "small1", "changed"),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("lock", "diff", "small", "9"), "unknown generation '9' in environment small"),
        (("lock", "diff", "small", "one"), "'one' is not the number of a generation"),
        (("lock", "diff", "1", "2", "3"), "more than two generations"),
        (("rollback", "small", "0"), "unknown generation '0' in environment small"),
        (("rollback", "smal"), "unknown environment 'smal'"),
        (("rollback", "3", "4"), "more than one generation"),
        (("rollback", "-1"), "No such option"),
    ],
)
def test_what_cannot_be_is_refused(history: History, words: tuple[str, ...], message: str) -> None:
    assert message in history.devenv(*words, code=2).stdout
    assert history.current() == 5


def test_a_graph_leads_from_the_sources_to_what_they_need(history: History, tmp_path: Path) -> None:
    lines = history.devenv("graph").stdout.splitlines()
    assert lines[0] == "small: generation 5"
    at = next(i for i, line in enumerate(lines) if line.startswith("├── dev source mine"))
    assert lines[at + 1] == "│   └── colorama 0.4.6"
    at = next(i for i, line in enumerate(lines) if line.startswith("├── model small +more"))
    assert "(4 mechanisms)" in lines[at]
    assert "│   ├── neuron 9.0.2" in lines[at:]
    assert any(re.fullmatch(r"│   │   [├└]── numpy 2\S+", line) for line in lines)
    history.devenv("graph", "--svg", "a picture.svg", cwd=tmp_path)
    root = ElementTree.parse(tmp_path / "a picture.svg").getroot()  # noqa: S314 - our own text
    boxes = {g.get("id") for g in root.iter("{http://www.w3.org/2000/svg}g")}
    assert {"source:mine", "model:small", "package:neuron", "package:colorama"} <= boxes
    parts = json.loads(history.devenv("graph", "--json").stdout)["components"]
    needs = {one["id"]: one["needs"] for one in parts}
    assert needs["source:mine"] == ["package:colorama"]
    assert "package:numpy" in needs["package:neuron"]


# -- going back --------------------------------------------------------------------------------------


@pytest.fixture
def newest(history: History) -> Iterator[History]:
    """The history at its newest generation, and left there."""
    yield history
    newest = max(int(path.name) for path in (history.root / "generations").iterdir())
    if history.current() != newest:
        history.devenv("rollback", history.name, newest)


def test_back_and_on_from_there(newest: History) -> None:
    """What a later build goes on from is what is current, and what a person wrote stays."""
    packages = newest.request.read_text()
    said = newest.devenv("rollback").stdout
    assert "small: generation 4 is the current one; it was 5." in said
    assert newest.current() == 4
    assert "develop" not in newest.request.read_text().replace("develop: []", "")
    assert "is up to date (generation 4)" in newest.build()[0]
    said = newest.devenv("rollback", "small", "3").stdout
    assert "generation 3: mechanisms changed since the last build" in said
    assert newest.current() == 3
    assert ASKED in newest.request.read_text()
    # A run builds the stale model, as ever: a new generation, and nothing of the newer ones in it.
    assert newest.colorama() == "0.4.5"
    assert newest.current() == 6
    assert newest.diff(3, 6) == ["another.mod is new", "small1.mod changed"]
    assert "generation 5 is the current one; it was 6" in newest.devenv("rollback", "5").stdout
    assert newest.request.read_text() == packages
    assert newest.colorama("--no-build") == "0.4.6"
    marked = newest.devenv("generations").stdout.splitlines()
    assert [line.split()[0] for line in marked[1:]] == ["1", "2", "3", "4", "5*", "6"]
    assert " 5 (newest 6) " in newest.devenv("list").stdout
    assert re.search(r"^generation +5 \(newest 6\)$", newest.devenv("show").stdout, re.MULTILINE)


def test_edits_that_were_never_built_are_not_lost(newest: History) -> None:
    before, text = newest.current(), newest.request.read_text()
    edited = text.replace("0.4.5", "0.4.4").replace("0.4.6", "0.4.4")
    newest.request.write_text(edited)
    said = newest.devenv("rollback", "small", "4", code=6).stdout
    assert "requests what was never built" in said
    assert "devenv rollback small 4 --keep-request" in said
    assert (newest.current(), newest.request.read_text()) == (before, edited)
    said = newest.devenv("rollback", "small", "4", "--keep-request").stdout
    assert "the next build makes what it asks for" in said
    assert (newest.current(), newest.request.read_text()) == (4, edited)
    assert "was edited since" in newest.devenv("activate", "small", "--shell", "bash").stdout
    newest.build()
    assert newest.colorama("--no-build") == "0.4.4"
    newest.request.write_text(newest.request.read_text() + "# a word\n")
    newest.devenv("rollback", "small", "4")  # a comment asks for nothing
    assert newest.request.read_text().endswith("# a word\n")
    newest.request.unlink()
    newest.devenv("rollback", "small", "5")  # what is lost is made anew, of what was recorded
    assert str(newest.source) in newest.request.read_text()


def test_what_is_gone_is_named_with_the_way_out(newest: History, tmp_path: Path) -> None:
    newest.devenv("rollback", "small", "4")
    damaged = newest.root / "generations" / "2" / "lock.json"
    text = damaged.read_text()
    damaged.write_text("{")
    assert re.search(r"^2 .* damaged$", newest.devenv("generations").stdout, re.MULTILINE)
    assert f"{damaged} is damaged" in newest.devenv("rollback", "2", code=6).stdout
    damaged.write_text(text)
    away, model = tmp_path / "away", newest.devenv.home / "models"
    newest.source.rename(away)
    model.rename(tmp_path / "models")
    said = newest.devenv("rollback", "small", "5", code=6).stdout
    assert f"the dev source of mine is not in {newest.source} any more" in said
    assert "its model does not exist any more" in said
    lock = newest.root / "generations" / "5" / "lock.json"
    assert f"devenv create small-5 --from-lock {lock}" in said
    assert newest.current() == 4
    pruned = newest.devenv("lock", "diff", "3", "4").stdout
    assert "note: The model small of generation 3 is not in the store any more" in pruned
    assert "model small is another build" in pruned
    (tmp_path / "models").rename(model)
    away.rename(newest.source)
    (newest.source / "later").touch()
    for argv in (["add", "."], ["commit", "-qm", "later"]):
        subprocess.run([*GIT, *argv], cwd=newest.source, check=True)
    said = newest.devenv("rollback", "small", "5").stdout
    assert re.search(r"mine is at \w{10}, and was at \w{10}: your source stays as it is", said)
    assert (newest.source / "later").exists()


def test_a_shell_follows_with_its_next_activation(newest: History) -> None:
    """By the script of what is current now; where it is active already it is told."""
    newest.devenv("rollback", "small", "5")
    script = """
        eval "$(devenv shell-init bash)"
        devenv activate small && echo "first $DEVENV_GENERATION"
        python -c 'import mine; print("answer", mine.ANSWER)'
        devenv rollback small 4
        devenv activate small && echo "second $DEVENV_GENERATION"
        python -c 'import mine' 2>&1 | tail -1
    """
    bin_folder = Path(sys.executable).parent
    environ = {**plain_environ(), "DEVENV_HOME": str(newest.devenv.home)}
    environ["PATH"] = f"{bin_folder}{os.pathsep}{environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environ, check=True, text=True, capture_output=True
    )
    lines = done.stdout.splitlines()
    assert "first 5" in lines
    assert "answer 42" in lines
    assert "note: this shell has what was current before; devenv activate small follows" in lines
    assert "second 4" in lines
    assert lines[-1] == "ModuleNotFoundError: No module named 'mine'"


def test_somebody_who_reads_meanwhile_finds_one_or_the_other(newest: History) -> None:
    newest.devenv("rollback", "small", "5")
    manifest = newest.root / "current" / "environment.json"
    seen = set()
    command = [sys.executable, "-m", "devenv", "rollback", "small", "4"]
    environ = {**plain_environ(), "DEVENV_HOME": str(newest.devenv.home)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seen.add(json.loads(manifest.read_text())["number"])
    assert process.returncode == 0
    assert 5 in seen <= {4, 5}
    # What is developed then is developed in that generation.
    (newest.source / "mine" / "__init__.py").write_text("ANSWER = 43\n")
    newest.devenv("develop", "mine", "--path", newest.source, "--env", "small")
    said = newest.diff(4, newest.current())
    assert len(said) == 1
    assert re.fullmatch(r"dev source mine \w{10} \S+ with uncommitted changes is new", said[0])
    subprocess.run([*GIT, "checkout", "-q", "."], cwd=newest.source, check=True)

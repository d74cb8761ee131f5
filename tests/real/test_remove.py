"""`devenv remove` asks and says what goes; `devenv restore` brings back what was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_models import Small, make_small
from support import Devenv
from terminal import terminal
from trees import tree

from devenv.core.plan import Plan, Rename, Run
from devenv.system.executor import execute

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("remove") / "home", "gone", 2)
    found.build()
    return found


@pytest.fixture
def home(small: Small) -> Devenv:
    return small.devenv


def test_it_asks_on_a_terminal_and_no_keeps_everything(home: Devenv) -> None:
    before = tree(home.home)
    person = terminal(home, "remove", "gone")
    asked = person.until("Remove it? [y/N]")
    assert f"{home.home}/envs/gone" in asked
    assert "devenv restore gone" in asked
    person.type("n\n")
    assert person.end() == 1
    assert "nothing was changed" in person.text
    assert tree(home.home) == before


def test_it_does_not_ask_in_a_script_or_with_yes_and_is_brought_back(
    small: Small, home: Devenv
) -> None:
    request = home.home / "envs" / "gone" / "environment.yaml"
    request.write_text(request.read_text() + "# a note of mine\n")
    written = request.read_bytes()
    for arguments in (("remove", "gone"), ("remove", "gone", "--yes")):
        said = home(*arguments).stdout
        assert "Removed gone." in said
        assert "[y/N]" not in said
        assert not (home.home / "envs" / "gone").exists()
        assert json.loads(home("list", "--json").stdout)["environments"] == []
        output, calls = home("restore", "gone").stdout, small.calls
        assert "Restored gone." in output
        assert request.read_bytes() == written
        calls.write_text("")
        assert small.answer() == "ANSWER 0.015 False"
        assert calls.read_text() == "", "the model was still in the store"


def test_yes_on_a_terminal(home: Devenv) -> None:
    person = terminal(home, "remove", "gone")
    person.until("Remove it?")
    person.type("y\n")
    assert person.end() == 0
    assert not (home.home / "envs" / "gone").exists()
    person = terminal(home, "restore", "gone")
    assert person.end() == 0
    assert (home.home / "envs" / "gone" / "current").is_symlink()


def test_what_was_pruned_since_is_made_again(small: Small, home: Devenv) -> None:
    home("remove", "gone", "-y")
    home("prune")
    assert list((home.home / "models").glob("*")) == []
    assert "environment.yaml" in {path.name for path in (home.home / "trash").rglob("*")}
    home("restore", "gone")
    assert small.answer() == "ANSWER 0.015 False"


def test_the_trash_keeps_no_generation(home: Devenv) -> None:
    home("remove", "gone", "-y")
    listed = json.loads(home("restore", "--json").stdout)["trash"]
    assert [one["environment"] for one in listed] == ["gone"]
    (kept,) = (Path(one["path"]) for one in listed)
    assert {path.name for path in kept.iterdir()} <= {
        "environment.yaml",
        "current",
        "spack",
        "data",
    }
    home("restore", "gone")
    assert json.loads(home("restore", "--json").stdout)["trash"] == []


def test_dry_runs_change_nothing(home: Devenv) -> None:
    before = tree(home.home)
    assert "mv " in home("remove", "gone", "--dry-run").stdout
    assert tree(home.home) == before
    home("remove", "gone", "-y")
    before = tree(home.home)
    said = home("restore", "gone", "--dry-run").stdout
    assert "mv " in said
    assert "devenv build gone" in said
    assert tree(home.home) == before
    home("restore", "gone")


def test_what_cannot_be_brought_back(home: Devenv) -> None:
    assert "exists already" in home("restore", "gone", code=6).stdout
    home("remove", "gone", "-y")
    said = home("restore", "gnoe", code=2).stdout
    assert "unknown removed environment 'gnoe'" in said
    assert "Did you mean 'gone'?" in said
    home("restore", "gone")


def test_one_that_cannot_be_built_is_back_nevertheless(tmp_path: Path) -> None:
    home = Devenv(tmp_path / "home")
    template, away = tmp_path / "t.yaml", tmp_path / "away.yaml"
    template.write_text("summary: mini\nneuron: neuron==9.0.2\npackages: []\n")
    home("create", "half", "-t", template)
    home("remove", "half", "-y")
    template.rename(away)
    said = home("restore", "half", code=2).stdout
    assert said.endswith("The files of half are back. To go on: devenv build half\n")
    listed = home("generations", "half").stdout
    assert listed == "half has no generation yet. To make one: devenv build half\n"
    assert json.loads(home("generations", "half", "--json").stdout)["generations"] == []
    for option in ("--dry-run", "--packages"):
        home("prune", "--keep", "1", option)
    away.rename(template)
    home("build", "half")
    assert "1*" in home("generations", "half").stdout


def test_a_failing_plan_leaves_what_is_not_ours_to_remove(tmp_path: Path) -> None:
    mine, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    mine.mkdir()
    for staged, stays in ((False, True), (True, False)):
        steps = (Run(("false",)), Rename(str(mine), str(elsewhere), staged=staged))
        with pytest.raises(Exception, match="false"):
            execute(Plan("move", steps), environ={"PATH": "/bin:/usr/bin"}, quiet=True)
        assert mine.exists() is stays

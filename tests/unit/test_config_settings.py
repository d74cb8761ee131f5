"""Each setting knows where it came from, and the stronger source wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.settings import Settings, load_settings
from devenv.core.errors import UsageError

CWD = Path("/work")


def write(folder: Path, text: str) -> str:
    path = folder / "devenv" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return str(path)


def load(environ: dict[str, str], **options: object) -> Settings:
    return load_settings({"HOME": "/home/me", **environ}, CWD, options)


def test_the_defaults_are_those_of_xdg() -> None:
    found = load({})
    assert found.home == Path("/home/me/.local/share/devenv")
    assert found.jobs == 0
    assert found.sources == dict.fromkeys(("home", "jobs", "stores", "proof"), "default")


def test_a_relative_xdg_folder_is_ignored() -> None:
    assert load({"XDG_DATA_HOME": "data"}).home == Path("/home/me/.local/share/devenv")
    assert load({"XDG_DATA_HOME": "/data"}).home == Path("/data/devenv")


def test_each_source_wins_over_the_one_before(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_DIRS": f"{tmp_path}/near:{tmp_path}/far"}
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "user")

    def now(**more: str) -> tuple[str, int, str, str]:
        found = load({**environ, **more})
        return str(found.home), found.jobs, found.sources["home"], found.sources["jobs"]

    far = write(tmp_path / "far", "home: /far\njobs: 1\n")
    assert now() == ("/far", 1, far, far)
    near = write(tmp_path / "near", "home: /near\n")
    assert now() == ("/near", 1, near, far)
    user = write(tmp_path / "user", "jobs: 2\n")
    assert now() == ("/near", 2, near, user)
    assert now(DEVENV_HOME="/var") == ("/var", 2, "$DEVENV_HOME", user)
    assert now(DEVENV_JOBS="3") == ("/near", 3, near, "$DEVENV_JOBS")
    found = load({**environ, "DEVENV_JOBS": "3"}, jobs=4, home=None)
    assert (found.jobs, found.sources["jobs"], found.sources["home"]) == (4, "--jobs", near)


def test_an_empty_variable_and_an_empty_file_say_nothing(tmp_path: Path) -> None:
    write(tmp_path, "# nothing yet\n")
    found = load({"DEVENV_HOME": "", "DEVENV_JOBS": "", "XDG_CONFIG_HOME": str(tmp_path)})
    assert found.sources == dict.fromkeys(("home", "jobs", "stores", "proof"), "default")


def test_home_is_made_absolute() -> None:
    assert load({"DEVENV_HOME": "here/it"}).home == Path("/work/here/it")
    assert load({"DEVENV_HOME": "~/it"}).home == Path("/home/me/it")
    assert load({"DEVENV_HOME": "~other"}).home == Path("/work/~other")


@pytest.mark.parametrize(
    ("home", "what"),
    [("/a b", "a blank"), ("/a\tb", "a blank"), ("/a:b", "a ':'"), ("/a\nb", "a newline")],
)
def test_a_home_that_a_path_list_cannot_hold_is_refused(home: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        load({"DEVENV_HOME": home})
    assert f"devenv's home {home!r} ($DEVENV_HOME) has {what} in it" in str(caught.value)
    assert "Set DEVENV_HOME" in str(caught.value)


def test_a_blank_in_the_users_own_home_is_refused_too() -> None:
    with pytest.raises(
        UsageError, match=r"'/home/a b/.local/share/devenv' \(default\) has a blank"
    ):
        load({"HOME": "/home/a b"})
    assert load({"HOME": "/home/a b", "DEVENV_HOME": "/fine"}).home == Path("/fine")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hoem: /x\n", "unknown key 'hoem'\n  Did you mean 'home'?"),
        ("jobs: many\n", ", at jobs: expected a whole number, but there is text ('many')"),
        ("home: [\n", " is no YAML: line 2"),
        ("jobs: -1\n", "the number of jobs is '-1'"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert sentence in str(caught.value)
    assert path in str(caught.value)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UsageError, match=r"the number of jobs is 'two' \(\$DEVENV_JOBS\)"):
        load({"DEVENV_JOBS": "two"})


def test_proof_is_on_until_a_file_says_off(tmp_path: Path) -> None:
    assert load({"XDG_CONFIG_HOME": str(tmp_path)}).proof is True
    where = write(tmp_path, "proof: off\n")
    found = load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (found.proof, found.sources["proof"]) == (False, where)
    Path(where).write_text("proof: perhaps\n", encoding="utf-8")
    with pytest.raises(UsageError, match="expected true or false, but there is text"):
        load({"XDG_CONFIG_HOME": str(tmp_path)})

"""Each setting knows where it came from, and the stronger source wins."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from devenv.config.context import make_context, settings_of
from devenv.config.settings import KEYS, Settings, load_settings
from devenv.config.settings_file import SettingsFile
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
    assert found.sources == dict.fromkeys(KEYS, "default")


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
    assert found.sources == dict.fromkeys(KEYS, "default")


def test_home_is_made_absolute() -> None:
    assert load({"DEVENV_HOME": "here/it"}).home == Path("/work/here/it")
    assert load({"DEVENV_HOME": "~/it"}).home == Path("/home/me/it")
    assert load({"DEVENV_HOME": "~other"}).home == Path("/work/~other")


@pytest.mark.parametrize(
    ("home", "what"),
    [
        ("/a b", "a blank"),
        ("/a\tb", "a blank"),
        ("/a:b", "a ':'"),
        ("/a;b", "a ';'"),
        ("/a\nb", "a newline"),
    ],
)
def test_a_home_that_a_path_list_cannot_hold_is_refused(home: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        load({"DEVENV_HOME": home})
    assert f"devenv's home {home!r} ($DEVENV_HOME) contains {what}" in str(caught.value)
    assert "Set DEVENV_HOME" in str(caught.value)


def test_a_blank_in_the_users_own_home_is_refused_too() -> None:
    with pytest.raises(
        UsageError, match=r"'/home/a b/.local/share/devenv' \(default\) contains a blank"
    ):
        load({"HOME": "/home/a b"})
    assert load({"HOME": "/home/a b", "DEVENV_HOME": "/fine"}).home == Path("/fine")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hoem: /x\n", "unknown key 'hoem'\n  Did you mean 'home'?"),
        ("jobs: many\n", ", at jobs: expected a whole number, got text ('many')"),
        ("home: [\n", " is not valid YAML: line 2"),
        ("jobs: -1\n", "invalid number of jobs: '-1'"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert sentence in str(caught.value)
    assert path in str(caught.value)


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UsageError, match=r"invalid number of jobs: 'two' \(\$DEVENV_JOBS\)"):
        load({"DEVENV_JOBS": "two"})


def test_project_and_environment_stand_between_the_user_and_the_variables(tmp_path: Path) -> None:
    environ = {"HOME": "/home/me", "XDG_CONFIG_HOME": str(tmp_path / "user")}
    user = write(tmp_path / "user", "account: mine\npartition: prod\nconstraint: cpu\ntime: '10'\n")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "deep").mkdir()
    project = repository / ".devenv.yaml"
    project.write_text("partition: project\nconstraint: project\ntime: '20'\n")
    environment = tmp_path / "env"
    environment.mkdir()
    (environment / "config.yaml").write_text("constraint: own\ntime: '30'\nmodules: [mpi, hdf5]\n")
    found = load_settings(
        {**environ, "DEVENV_TIME": "40"}, repository / "deep", {}, environment=environment
    )
    values = (found.account, found.partition, found.constraint, found.time, found.modules)
    assert values == ("mine", "project", "own", "40", ("mpi", "hdf5"))
    names = ("account", "partition", "constraint", "time")
    own = str(environment / "config.yaml")
    assert [found.sources[n] for n in names] == [user, str(project), own, "$DEVENV_TIME"]


def test_a_project_cannot_choose_what_is_executed(tmp_path: Path) -> None:
    (tmp_path / ".devenv.yaml").write_text("srun_args: [--task-prolog=/tmp/evil]\n")
    with pytest.raises(UsageError, match="'srun_args' cannot be set in a project"):
        load_settings({"HOME": "/home/me"}, tmp_path)


def test_the_search_for_a_project_ends_at_the_repositorys_root(tmp_path: Path) -> None:
    (tmp_path / ".devenv.yaml").write_text("account: above\n")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert load_settings({"HOME": "/home/me"}, tmp_path / "repository").account == ""
    (tmp_path / "plain").mkdir()
    assert load_settings({"HOME": "/home/me"}, tmp_path / "plain").account == "above"


def test_slurms_own_variables_stay_in_force(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "SLURM_ACCOUNT": "theirs"}
    write(tmp_path, "account: mine\nsrun_args: [--mem=2G]\n")
    found = load(environ)
    assert (found.account, found.sources["account"]) == ("theirs", "$SLURM_ACCOUNT")
    assert load({**environ, "DEVENV_ACCOUNT": "ours"}).account == "ours"
    assert found.srun_args == ("--mem=2G",)
    assert load({**environ, "DEVENV_SRUN_ARGS": "--mem=1G '--a b'"}).srun_args == (
        "--mem=1G",
        "--a b",
    )


def test_proof_is_on_until_a_file_says_off(tmp_path: Path) -> None:
    assert load({"XDG_CONFIG_HOME": str(tmp_path)}).proof is True
    where = write(tmp_path, "proof: off\n")
    found = load({"XDG_CONFIG_HOME": str(tmp_path)})
    assert (found.proof, found.sources["proof"]) == (False, where)
    Path(where).write_text("proof: perhaps\n", encoding="utf-8")
    with pytest.raises(UsageError, match="expected true or false, got text"):
        load({"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_file_may_set_every_key_and_no_other() -> None:
    assert {one.name for one in fields(SettingsFile)} == set(KEYS)


def test_a_file_is_read_once_in_a_call(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "DEVENV_HOME": str(tmp_path / "home")}
    users = Path(write(tmp_path, "account: before\ntime: '10'\n"))
    own = tmp_path / "home" / "envs" / "mine" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("time: '20'\n", encoding="utf-8")
    context = make_context(environ, CWD)
    users.write_text("account: after\n", encoding="utf-8")
    for _ in range(2):
        found = settings_of(context, "mine")
        assert (found.account, found.sources["account"]) == ("before", str(users))
        assert (found.time, found.sources["time"]) == ("20", str(own))
        own.write_text("time: '30'\n", encoding="utf-8")
    assert settings_of(make_context(environ, CWD), "mine").time == "30"

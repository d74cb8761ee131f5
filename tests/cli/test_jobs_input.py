"""What is typed wrongly for launches, jobs and settings: one clear error, and nothing half made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import Devenv, plain_environ


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("submit", "--", "true"), 6, "there is no environment yet"),
        (("alloc",), 6, "there is no environment yet"),
        (("logs", "7"), 2, "unknown job '7' in devenv jobs"),
        (("run", "-N", "-1", "--", "true"), 2, "-1 is not in the range"),
        (("run", "-n", "4294967297", "--", "true"), 2, "4294967297 is not in the range"),
        (
            ("config", "set", "acount", "x"),
            2,
            "unknown setting 'acount'\n  Did you mean 'account'?",
        ),
        (("config", "set", "jobs", "many"), 2, "invalid number of jobs: 'many'"),
        (("config", "set", "jobs", "²"), 2, "invalid number of jobs: '²'"),
        (("config", "set", "account", "a\ntouch x"), 2, "has a line break"),
        (("config", "set", "proof", "perhaps"), 2, "invalid switch: 'perhaps'"),
        (("config", "set", "account", "a", "b"), 2, "'account' is one value, not 2"),
        (("config", "set", "account"), 2, "'account' is one value, not 0"),
        (("config", "set", "launcher", "slrum"), 2, "Did you mean 'slurm'?"),
        (
            ("config", "set", "max_wait", "soon"),
            2,
            "'soon' is not a duration (config set max_wait)",
        ),
        (("config", "set", "time", "1h"), 2, "'1h' is not a time limit (config set time)"),
        (("config", "set", "home", "/x", "--project"), 2, "'home' cannot be set in a project"),
        (("config", "set", "account", "a", "--user", "--project"), 2, "exclude each other"),
        (("config", "set", "account", "a", "--environment", "e"), 2, "unknown environment 'e'"),
        (("config", "unset", "account"), 2, "'account' is not set in"),
    ],
)
def test_one_error_and_nothing_made(
    devenv: Devenv, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = devenv(*arguments, cwd=tmp_path, code=code, XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert says in done.stdout
    assert not list(tmp_path.rglob("*.yaml"))
    assert not (devenv.home / "jobs").exists()


def test_settings_are_set_where_they_were_asked_for(devenv: Devenv, tmp_path: Path) -> None:
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    (tmp_path / "clone" / "deep").mkdir()
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    deep = tmp_path / "clone" / "deep"
    devenv("config", "set", "account", "it's #1", **environ)
    devenv("config", "set", "srun_args", "--", "--mem=2G", "--hint=no multi", **environ)
    devenv("config", "set", "partition", "prod", "--project", cwd=deep, **environ)
    project = tmp_path / "clone" / ".devenv.yaml"
    assert project.read_text(encoding="utf-8") == "partition: prod\n"
    shown = devenv("config", "show", cwd=deep, DEVENV_TIME="30", **environ).stdout
    mine = tmp_path / "config" / "devenv" / "config.yaml"
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in shown.splitlines()}
    assert rows["account"] == f"it's #1 {mine}, line 1"
    assert rows["srun_args"] == f"--mem=2G '--hint=no multi' {mine}, line 2"
    assert rows["partition"] == f"prod {project}, line 1"
    assert rows["time"] == "30 $DEVENV_TIME"
    assert rows["constraint"] == "default"
    assert rows["proof"] == "on default"
    devenv("config", "set", "proof", "off", **environ)
    shown = devenv("config", "show", cwd=deep, **environ).stdout
    assert re.search(rf"^proof +off +{mine}, line \d+$", shown, re.MULTILINE)
    devenv("config", "unset", "account", **environ)
    assert "it's" not in mine.read_text(encoding="utf-8")


def test_a_broken_file_is_named_and_not_written_over(devenv: Devenv, tmp_path: Path) -> None:
    file = tmp_path / "devenv" / "config.yaml"
    file.parent.mkdir()
    file.write_text("acount: x\n", encoding="utf-8")
    done = devenv("config", "set", "jobs", "2", code=2, XDG_CONFIG_HOME=str(tmp_path))
    assert f"{file}: unknown key 'acount'" in done.stdout
    assert file.read_text(encoding="utf-8") == "acount: x\n"


@pytest.mark.parametrize("command", ["jobs", "list"])
def test_in_a_folder_that_was_deleted(devenv: Devenv, tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = 'rmdir ../gone && exec "$0" -m devenv "$1"'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, command],
        cwd=gone,
        env={**plain_environ(), "DEVENV_HOME": str(devenv.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr == (
        "devenv: error: the current directory cannot be used: No such file or directory\n"
        "  Change to one that exists: cd\n"
    )


def test_options_in_a_variable_that_no_shell_could_read(devenv: Devenv) -> None:
    done = devenv("jobs", code=2, DEVENV_SRUN_ARGS='"--mem=2G')
    assert "cannot split the value '\"--mem=2G' of $DEVENV_SRUN_ARGS" in done.stdout


def test_without_jobs_the_list_is_empty(devenv: Devenv) -> None:
    assert devenv("jobs").stdout.split() == ["JOB", "STATE", "ENVIRONMENT", "COMMAND"]
    assert '"jobs": []' in devenv("jobs", "--json").stdout

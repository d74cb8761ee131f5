"""Shell completion in a real bash, as a person who presses the tab key has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")

# What bash does for a press of the tab key: it calls the function that is registered for the command.
PRESS_TAB = r"""
eval "$(devenv --show-completion bash)"
registered=$(complete -p devenv)
function=${registered##*-F }
function=${function%% *}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
"$function" devenv "${COMP_WORDS[COMP_CWORD]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Bash:
    """A bash with completion set up, and a $DEVENV_HOME of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.programs = folder / "bin"
        self.programs.mkdir()
        program = self.programs / "devenv"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m devenv "$@"\n')
        program.chmod(0o755)

    def complete(self, *words: str, **variables: str) -> list[str]:
        """What the tab key offers behind `devenv words...`, of which the last is not whole yet."""
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "--norc", "-c", PRESS_TAB, "bash", "devenv", *words],
            env={**plain_environ(), "PATH": path, "DEVENV_HOME": str(self.home), **variables},
            cwd=self.programs,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == "", "an error in the middle of a command line"
        assert done.returncode == 0
        return done.stdout.split()


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    return Bash(tmp_path)


@pytest.fixture
def environments(bash: Bash) -> None:
    """Two, as far as completion looks at them."""
    for name in ("mine", "minor"):
        folder = bash.home / "envs" / name
        folder.mkdir(parents=True)
        (folder / "current").symlink_to("generations/1")


def test_commands(bash: Bash) -> None:
    assert bash.complete("dev") == ["develop"]
    assert {"create", "doctor", "run"} <= set(bash.complete(""))


@pytest.mark.usefixtures("environments")
@pytest.mark.parametrize(
    "command", ["show", "remove", "run", "shell", "build", "activate", "doctor"]
)
def test_environments_by_their_names(bash: Bash, command: str) -> None:
    assert bash.complete(command, "") == ["mine", "minor"]
    assert bash.complete(command, "mino") == ["minor"]


@pytest.mark.usefixtures("environments")
def test_environments_behind_the_option(bash: Bash) -> None:
    assert bash.complete("test", "--env", "") == ["mine", "minor"]
    assert bash.complete("develop", "neurodamus", "--env", "mino") == ["minor"]


def test_templates_devenv_s_and_the_user_s_own(bash: Bash) -> None:
    own = bash.home / "templates"
    own.mkdir(parents=True)
    (own / "neoteric.yaml").touch()
    assert bash.complete("create", "x", "--template", "neo") == ["neocortex", "neoteric"]
    assert "hnn" in bash.complete("create", "x", "-t", "")


def test_formats_and_shells(bash: Bash) -> None:
    assert bash.complete("export", "modulefile") == ["modulefile", "modulefile-lua"]
    assert bash.complete("activate", "--shell", "") == ["bash", "zsh", "fish", "tcsh", "sh"]
    assert bash.complete("shell-init", "z") == ["zsh"]


def test_options(bash: Bash) -> None:
    assert bash.complete("create", "x", "--from-l") == ["--from-lock"]


def test_nothing_where_there_is_nothing(bash: Bash) -> None:
    assert bash.complete("show", "") == []
    assert bash.complete("create", "x", "--template", "nosuch") == []


def test_silence_on_errors(bash: Bash, tmp_path: Path) -> None:
    """complete() asserts that nothing is printed into the command line."""
    assert bash.complete("show", "", DEVENV_HOME=str(tmp_path / "with a blank")) == []
    settings = tmp_path / "config" / "devenv" / "config.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("jobz: [\n")
    assert bash.complete("show", "", XDG_CONFIG_HOME=str(tmp_path / "config")) == []
    bash.home.write_text("a file where a folder should be")
    assert bash.complete("show", "") == []
    assert "neocortex" in bash.complete("create", "x", "--template", "")

"""The Tab key in real shells on a terminal: the values that they show, and what they complete."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import plain_environ
from terminal import Terminal, in_terminal

from devenv.cli import complete
from devenv.cli.complete import rejoined
from devenv.cli.complete_values import home_of
from devenv.config.settings import load_settings

READY = "READY:"
STARTS = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "-i"),
    "tcsh": ("-f",),
}
SET_UP = {
    "bash": f"PS1={READY}; bind 'set bell-style none'; bind 'set completion-query-items 500';"
    ' eval "$(devenv shell-init bash)"',
    "zsh": f"PS1='{READY}'; unsetopt beep zle_bracketed_paste; autoload -U compinit;"
    ' compinit -u -d $HOME/dump; LISTMAX=500; eval "$(devenv shell-init zsh)"',
    "fish": f"function fish_prompt; echo -n {READY}; end; devenv shell-init fish | source",
    "tcsh": f"set prompt='{READY}'; set autolist nobeep; unset correct;"
    " eval `devenv shell-init tcsh`",
}


def home(folder: Path) -> Path:
    """A $DEVENV_HOME with two environments, as far as completion looks at them."""
    for name in ("mine", "minor"):
        generation = folder / "envs" / name / "generations" / "7"
        generation.mkdir(parents=True)
        (folder / "envs" / name / "current").symlink_to("generations/7")
        programs = folder / "bin of" / name
        programs.mkdir(parents=True)
        for program in ("simulate", "simplify"):
            (programs / program).touch(0o755)
        (programs / "simple-text").touch(0o644)
        delta = [{"edit": "prepend", "name": "PATH", "value": str(programs)}]
        model = {"mechanisms": ["Kv1", "NaTs"], "variants": "~ngv+v5 build_type=Release"}
        further = [{"name": "gpu-model", "model": {"mechanisms": ["Extra"]}}]
        content = {"delta": delta, "model": model, "further": further}
        (generation / "environment.json").write_text(json.dumps(content))
        source = folder / "sources" / "tiny"
        source.mkdir(parents=True, exist_ok=True)
        (source / "tox.ini").write_text("[testenv:bb5]\n[testenv:lint]\n")
        develop = [{"package": "tiny", "path": str(source)}]
        request = {"environment": {"template": "neocortex", "develop": develop}}
        (generation / "lock.json").write_text(json.dumps(request))
    (folder / "jobs" / "one").mkdir(parents=True)
    (folder / "jobs" / "one" / "job.json").write_text('{"job": "4711", "environment": "mine"}')
    (folder / "trash" / "lost" / "2026").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "templates" / "neoteric.yaml").touch()
    return folder


VALUES = [
    ("show mi", ["mine", "minor"]),
    ("test --env mi", ["mine", "minor"]),
    ("create x --template neo", ["neocortex", "neoteric"]),
    ("create x --template neocortex --variant +", ["+ngv", "+plasticity", "+v5"]),
    ("develop neuro", ["neurodamus", "neurodamus-models"]),
    ("undevelop --env mine t", ["tiny"]),
    ("test --env mine -e b", ["bb5"]),
    ("build mine +", ["+plasticity", "+v5"]),
    ("run mine --model g", ["gpu-model"]),
    ("models show --env mine ", ["Extra", "Kv1", "NaTs"]),
    ("config set la", ["launcher"]),
    ("config set proof ", ["true", "false"]),
    ("logs 4", ["4711"]),
    ("rollback mine ", ["7"]),
    ("export modulefile", ["modulefile", "modulefile-lua"]),
    ("run mine simpl", ["simplify"]),
    ("restore l", ["lost"]),
    ("--color al", ["always"]),
    ("wheel up", ["upload"]),
    ("build --wat", ["--watch"]),
]  # fmt: skip


# --- what is offered, without a shell


def offered(folder: Path, *words: str, **variables: str) -> list[str]:
    """What the program that shells start offers."""
    file = str(Path(complete.__file__))
    environ = {**plain_environ(), "DEVENV_HOME": str(folder), **variables}
    done = subprocess.run(
        [sys.executable, "-I", "-S", file, "plain", "devenv", *words], env=environ, cwd=folder,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home(tmp_path_factory.mktemp("completion") / "home")


@pytest.mark.parametrize(("line", "values"), VALUES)
def test_values(known: Path, line: str, values: list[str]) -> None:
    found = offered(known, *line.split(" "))
    assert set(values) <= set(found)
    assert [one for one in found if not one.startswith(line.rsplit(" ", maxsplit=1)[-1])] == []


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("run mine simulate x", [":files"]),
        ("run -- simulate x", [":files"]),
        ("run mine -n 2 -- simul", ["simulate"]),
        ("run ./x", [":files"]),
        ("wheel check ", [":files"]),
        ("show nosuch", []),
        ("nosuch x", []),
    ],
)
def test_where_the_shell_goes_on_by_itself(known: Path, line: str, values: list[str]) -> None:
    assert offered(known, *line.split(" ")) == values


def test_the_activated_environment_counts(known: Path) -> None:
    assert offered(known, "models", "show", "K") == []
    assert offered(known, "models", "show", "K", DEVENV_ENV="mine") == ["Kv1"]


def test_silence_whatever_the_home_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert offered(tmp_path, "show", "", DEVENV_HOME=str(tmp_path / "file")) == []
    broken = tmp_path / "broken" / "envs" / "x" / "generations" / "1"
    broken.mkdir(parents=True)
    (broken / "environment.json").write_text("{")
    (broken.parents[1] / "current").symlink_to("generations/1")
    assert offered(tmp_path, "models", "show", "", DEVENV_HOME=str(tmp_path / "broken")) == []


@pytest.mark.parametrize(
    "environ",
    [
        {"DEVENV_HOME": "/somewhere"},
        {"HOME": "/h"},
        {"HOME": "/h", "XDG_DATA_HOME": "/data"},
        {"HOME": "{written}"},
        {"HOME": "/h", "XDG_CONFIG_HOME": "{written}/.config"},
    ],
)
def test_the_home_is_that_of_the_settings(environ: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / ".config" / "devenv" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("jobs: 2\nhome: ~/elsewhere # mine\n")
    environ = {k: v.format(written=tmp_path) for k, v in environ.items()}
    environ["XDG_CONFIG_DIRS"] = "/nowhere"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", environ.get("HOME", "/h"))
        assert home_of(environ) == str(load_settings(environ, tmp_path).home)


def test_words_that_bash_takes_apart() -> None:
    assert rejoined(["devenv", "--env", "=", "mi"]) == ["devenv", "--env=mi"]
    assert rejoined(["devenv", "--env", "="]) == ["devenv", "--env="]
    assert rejoined(["a", "b:", "c"]) == ["a", "b:", "c"]


def test_nothing_slow_is_imported(known: Path) -> None:
    """Measured in modules, not in time, which depends on what else runs: the benchmark has that."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", complete.__file__, "zsh", "devenv", "ls"],
        capture_output=True, text=True, check=True, env={**plain_environ(), "DEVENV_HOME": str(known)},
    )  # fmt: skip
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "devenv.cli.complete_values" in modules
    slow = {"typer", "click", "yaml", "pathlib", "typing", "dataclasses", "subprocess", "inspect"}
    assert modules & slow == set()


# --- in the shells


@pytest.fixture(params=list(STARTS))
def shell(request: pytest.FixtureRequest, known: Path, tmp_path: Path) -> Iterator[Terminal]:
    name = str(request.param)
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name}")
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "devenv"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m devenv "$@"\n')
    program.chmod(0o755)
    environ = {**plain_environ(), "DEVENV_HOME": str(known), "HOME": str(tmp_path)}
    environ["PATH"] = f"{programs}:{environ['PATH']}"
    opened = in_terminal([name, *STARTS[name]], environ, columns=120, cwd=tmp_path)
    try:
        told(opened, SET_UP[name])
        yield opened
    finally:
        opened.process.kill()
        opened.end()


def told(shell: Terminal, line: str = "") -> None:
    """Have it run a line, and wait until it has; what is typed too early for a shell can be lost."""
    before, end = len(shell.text), time.monotonic() + 60
    word = f"told{before}"
    while word not in shell.text[before:]:
        assert time.monotonic() < end, shell.text
        shell.type(f"{line}\recho to''ld{before}\r")
        shell.watch(2, word)


def shown(shell: Terminal, line: str, *expected: str) -> str:
    """What is on the terminal after Tab, as often as a shell needs; the line is taken away again."""
    before, end = len(shell.text), time.monotonic() + 60
    shell.type(f"devenv {line}\t")
    for _ in range(2):
        time.sleep(0.3)
        shell.type("\t")
    text = ""
    while not all(word in text for word in expected) and time.monotonic() < end:
        shell.watch(0.2)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][B0]?", "", shell.text[before:])
    shell.type("\x03")
    told(shell)
    return text


def test_the_values_are_shown(shell: Terminal) -> None:
    for line, values in (
        ("show mi", ["mine", "minor"]),
        ("create x --template neo", ["neocortex", "neoteric"]),
        ("models show --env mine ", ["Extra", "Kv1", "NaTs"]),
        ("export ", ["envrc", "vscode"]),
    ):
        text = shown(shell, line, *values)
        for value in values:
            assert value in text, (line, text)


def test_the_only_value_is_completed(shell: Terminal) -> None:
    for line, whole in (
        ("logs 47", "devenv logs 4711"),
        ("run mine simpl", "devenv run mine simplify"),
        ("undevelop --env mine ti", "devenv undevelop --env mine tiny"),
        ("build --wat", "devenv build --watch"),
    ):
        assert whole in shown(shell, line, whole)


def test_files_where_the_users_command_goes_on(shell: Terminal, tmp_path: Path) -> None:
    (tmp_path / "circuit_of_mine.json").touch()
    file = "circuit_of_mine.json"
    assert file in shown(shell, "run mine simulate circ", file)

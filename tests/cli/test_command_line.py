"""What is typed: the user's command without ``--``, and the options of every command at any place."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import Devenv, plain_environ
from terminal import until_closed

from devenv.cli.app import program
from devenv.cli.state import State
from devenv.cli.tables import laid_out
from devenv.core.errors import UsageError
from devenv.core.result import Table

ESCAPE = "\033["


@pytest.fixture
def own(devenv: Devenv) -> Devenv:
    """With directories that look like environments: their names are all that is read of them here."""
    for name in ("mine", "cat"):
        folder = devenv.home / "envs" / name
        folder.mkdir(parents=True)
        (folder / "current").symlink_to("nowhere")
    return devenv


def parsed(
    own: Devenv, monkeypatch: pytest.MonkeyPatch, line: str
) -> tuple[State, dict[str, object]]:
    """How a line is understood: the call, and what the options of its command are."""
    for name, value in {"DEVENV_HOME": str(own.home), "XDG_CONFIG_HOME": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    head, dashes, rest = line.partition(" -- ")
    words = head.split()
    state = State(dict(os.environ), tuple(rest.split()), tuple(words), dashes=bool(dashes))
    command = program(words[0]).commands[words[0]]
    return state, command.make_context(words[0], words[1:], obj=state).params


@pytest.mark.parametrize(
    ("line", "name", "ranks", "command"),
    [
        ("run python run.py", None, 0, "python run.py"),
        ("run mine python run.py", "mine", 0, "python run.py"),
        ("run mine python run.py -n 2 -q --dry-run", "mine", 0, "python run.py -n 2 -q --dry-run"),
        ("run -n 2 mine python run.py", "mine", 2, "python run.py"),
        ("run mine -n 2 python mine", "mine", 2, "python mine"),
        ("run mine -n2 --launcher=mpi python", "mine", 2, "python"),
        ("run -qvn 2 mine python", "mine", 2, "python"),
        ("run mine mine x", "mine", 0, "mine x"),
        ("run mine -- python run.py", "mine", 0, "python run.py"),
        ("run -- mine x", None, 0, "mine x"),
        ("run mine git log -- file", "mine", 0, "git log -- file"),
        ("run git log -- file", None, 0, "git log -- file"),
        ("run no-such-program a", None, 0, "no-such-program a"),
        ("submit mine -n 4 python run.py", "mine", 4, "python run.py"),
        ("alloc mine ls", "mine", 0, "ls"),
        ("alloc mine", "mine", 0, ""),
        ("alloc ls -l", None, 0, "ls -l"),
        ("alloc mien", "mien", 0, ""),
        ("run mien -n 2 -- python", "mien", 2, "python"),
    ],
)  # fmt: skip
def test_the_command_begins_where_options_and_the_environment_end(
    own: Devenv,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    name: str | None,
    ranks: int,
    command: str,
) -> None:
    state, options = parsed(own, monkeypatch, line)
    assert (options["name"], options["ranks"]) == (name, ranks)
    assert list(state.rest) == command.split()


@pytest.mark.parametrize(
    ("line", "says", "ways"),
    [
        (
            "run cat x.json",
            "'cat' is an environment and a program",
            ["devenv run cat -- x.json", "devenv run -- cat x.json"],
        ),
        (
            "run mien python x.py",
            "'mien' is neither an environment nor a program",
            ["devenv run mine python x.py", "devenv run -- mien python x.py"],
        ),
        ("run ls -- x", "'ls' is not an environment, but a program", ["devenv run -- ls -- x"]),
    ],
)
def test_what_is_ambiguous_is_answered_with_how_to_write_it(
    own: Devenv, line: str, says: str, ways: list[str]
) -> None:
    said = own(*line.split(), code=2).stdout
    assert says in said
    for way in ways:
        assert way in said


def test_what_is_written_as_advised_is_understood(
    own: Devenv, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, options = parsed(own, monkeypatch, "run cat -- x.json")
    assert (options["name"], state.rest) == ("cat", ("x.json",))
    state, options = parsed(own, monkeypatch, "run -- cat x.json")
    assert (options["name"], state.rest) == (None, ("cat", "x.json"))
    state, options = parsed(own, monkeypatch, "run cat ls x")
    assert (options["name"], state.rest) == ("cat", ("ls", "x"))
    with pytest.raises(UsageError):
        parsed(own, monkeypatch, "run cat x.json")


# --- options of every command


@pytest.mark.parametrize("line", ["--json list", "list --json", "-q --json list", "ls --json -q"])
def test_json_at_any_place(devenv: Devenv, line: str) -> None:
    assert json.loads(devenv(*line.split()).stdout) == {
        "schema": "devenv.list/1", "environments": [],
    }  # fmt: skip


def test_an_error_in_json_is_a_document_too(devenv: Devenv) -> None:
    for line in ("show nosuch --json", "--json show nosuch", "list --json --frob", "--json frob"):
        done = subprocess.run(
            [sys.executable, "-m", "devenv", *line.split()], cwd=devenv.home.parent,
            env={**plain_environ(), "DEVENV_HOME": str(devenv.home)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        document = json.loads(done.stdout)
        assert document["schema"] == "devenv.error/1"
        assert document["code"] == done.returncode == 2
        assert document["error"]["message"] in done.stderr


def test_help_at_any_place(devenv: Devenv) -> None:
    pages = {
        devenv(*line.split()).stdout
        for line in ("wheel build -h", "wheel build --help", "wheel build . -h", "help wheel build")
    }
    assert len(pages) == 1
    assert "Usage: devenv wheel build" in pages.pop()
    assert devenv("help").stdout == devenv("-h").stdout
    assert "no such command: 'frob'" in devenv("help", "frob", code=2).stdout


def test_other_names_and_what_is_meant_by_words(devenv: Devenv) -> None:
    assert devenv("ls").stdout == devenv("list").stdout
    assert devenv("info", "x", code=2).stdout == devenv("show", "x", code=2).stdout
    assert "Usage: devenv remove" in devenv("rm", "--help").stdout
    said = devenv("install", "numpy", code=2).stdout
    assert "devenv add PACKAGE" in said
    assert "devenv create NAME" in said
    assert "Did you mean 'build'?" in devenv("biuld", code=2).stdout
    assert "devenv --help" in devenv("xyzzy", code=2).stdout


def on_terminal(devenv: Devenv, *arguments: str, columns: int = 80, **variables: str) -> str:
    """What the program writes to a terminal, standard error included."""
    leader, follower = pty.openpty()
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), "TERM": "xterm"}
    environ |= {"COLUMNS": str(columns), **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", *arguments],
        stdout=follower, stderr=follower, env=environ, cwd=devenv.home.parent,
    )  # fmt: skip
    os.close(follower)
    text = until_closed(leader)
    process.wait(60)
    return text


def test_colour_on_a_terminal_only(devenv: Devenv) -> None:
    assert ESCAPE not in devenv("frob", code=2).stdout
    assert ESCAPE in on_terminal(devenv, "frob")
    assert ESCAPE not in on_terminal(devenv, "frob", NO_COLOR="1")
    assert ESCAPE in on_terminal(devenv, "frob", NO_COLOR="")
    assert ESCAPE not in on_terminal(devenv, "frob", TERM="dumb")
    assert ESCAPE not in on_terminal(devenv, "--color", "never", "frob")
    assert ESCAPE in devenv("frob", code=2, CLICOLOR_FORCE="1").stdout
    assert ESCAPE not in devenv("frob", code=2, CLICOLOR_FORCE="1", NO_COLOR="1").stdout
    assert ESCAPE in devenv("--color=always", "frob", code=2, NO_COLOR="1").stdout
    assert ESCAPE in devenv("show", "x", "--color", "always", code=2).stdout
    assert "One of auto, always, never" in devenv("list", "--color", "blue", code=2).stdout


def test_tables_fit_the_terminal(devenv: Devenv) -> None:
    text = on_terminal(devenv, "templates", columns=50, TERM="dumb")
    rows = text.splitlines()[text.splitlines()[0].startswith("Every") :]
    assert max(map(len, rows)) <= 50
    whole = "".join(devenv("templates").stdout.split())
    assert sorted("".join(text.split())) == sorted(whole), "nothing is lost"


def test_a_table_is_laid_out_in_the_width() -> None:
    table = Table(("NAME", "WHAT"), (("a", "some words that do not fit"), ("b" * 12, "x")))
    assert laid_out(table, 26) == [
        "NAME          WHAT",
        "a             some words",
        "              that do not",
        "              fit",
        "bbbbbbbbbbbb  x",
    ]
    assert laid_out(table)[1] == "a             some words that do not fit"


def test_quiet_and_verbose(devenv: Devenv, tmp_path: Path) -> None:
    (tmp_path / "devenv.yaml").write_text("packages: [numpy]\n")
    shown = devenv("-v", "config", "set", "jobs", "2", cwd=tmp_path).stdout
    assert re.search("^write .*config.yaml", shown, re.MULTILINE)
    assert "write" not in devenv("config", "set", "jobs", "3", cwd=tmp_path).stdout

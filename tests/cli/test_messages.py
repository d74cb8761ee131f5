"""What messages and pages tell people to type is there; what was typed wrongly is answered with it."""

from __future__ import annotations

import ast
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import REPOSITORY, Devenv, plain_environ
from terminal import until_closed

from devenv.cli.app import program

ROOT: Any = program()
GROUPS = {name: command for name, command in ROOT.commands.items() if hasattr(command, "commands")}
ONE = "summary: a template of one's own\nneuron: ''\npackages: []\n"

# --- every command that is named


def pages() -> list[Path]:
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def lines_of_code(text: str) -> Iterator[str]:
    """What a page shows as code: spans, and the lines that are set in."""
    yield from re.findall(r"`{1,2}([^`\n]+)`", text)
    yield from (line.strip().removeprefix("$ ") for line in text.splitlines() if line[:4] == "    ")


def ways_out() -> Iterator[tuple[str, str]]:
    """(place, text) of the way out of each error of the program."""
    for path in sorted((REPOSITORY / "devenv").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "fix":
                text = _text(node.value)
                sentence = text.startswith("devenv ") and text.endswith(".") and text[-3:] != "..."
                yield f"{path.name}:{node.value.lineno}", "" if sentence else text


def _text(node: ast.expr) -> str:
    """A string of the source; what is only known when it runs stands as NUL."""
    parts = {n: n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return "\0".join(str(value) for value in parts.values() if isinstance(value, str))


COMMAND = r"(?:^|: |[`'\"(])devenv ([a-z][\w-]*)(?: +([a-z][\w-]*))?([^|;&)]*)"


def missing(line: str) -> Iterator[str]:
    """Commands and options of a line that there are not."""
    for word, second, rest in re.findall(COMMAND, line):
        command = ROOT.commands.get(word)
        if command is None:
            yield f"devenv {word}"
            continue
        if word in GROUPS and second:
            command = GROUPS[word].commands.get(second)
            if command is None:
                yield f"devenv {word} {second}"
                continue
        third = rest.split()[0] if rest.split() else ""
        if third in getattr(command, "commands", {}):
            command = command.commands[third]
        options = (name for p in command.params for name in (*p.opts, *p.secondary_opts))
        known = {*options, "--help"}
        asked = re.findall(r"(?<=\s)--[a-z][\w-]*", re.split(r"\s--(?:\s|$)|#|devenv", rest)[0])
        yield from (f"devenv {word} {option}" for option in asked if option not in known)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_each_command_in_the_pages_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = [line for line in lines_of_code(text) if line.startswith("devenv ")]
    assert [wrong for line in lines for wrong in missing(line)] == []


def test_each_command_in_a_way_out_is_there() -> None:
    found = {place: list(missing(text)) for place, text in ways_out()}
    assert len(found) > 200
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("name", GROUPS)
def test_each_command_that_the_help_of_a_group_lists_is_there(name: str) -> None:
    """``The compiled models: list, show, prune.``"""
    group = GROUPS[name]
    listed = re.findall(r"[a-z][\w-]*", group.help.partition(":")[2])
    assert [word for word in listed if word not in group.commands] == []


def test_models_list_is_what_models_says(devenv: Devenv) -> None:
    assert devenv("models", "list").stdout == devenv("models").stdout
    listed = json.loads(devenv("models", "list", "--json").stdout)
    bare = json.loads(devenv("models", "--json").stdout)
    assert listed.pop("schema") == "devenv.models.list/1"
    assert bare.pop("schema") == "devenv.models/1"
    assert listed == bare


# --- words for another program without "--"


@pytest.fixture
def own(devenv: Devenv) -> Devenv:
    """With a directory that looks like an environment `mine`: these errors come before it is read."""
    folder = devenv.home / "envs" / "mine"
    folder.mkdir(parents=True)
    (folder / "environment.yaml").write_text("template: neocortex\n")
    return devenv


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("test -e bb5 -k a", "test -e bb5 -- -k a"),
        ("test tests/unit", "test -- tests/unit"),
    ],
)
def test_a_command_without_dashes_is_answered_with_how_to_write_it(
    own: Devenv, typed: str, meant: str
) -> None:
    said = own(*shlex.split(typed), code=2).stdout
    assert "'--'" in said
    assert f"Write: devenv {meant}\n" in said


def test_a_misspelt_option_or_name_is_still_named(own: Devenv) -> None:
    assert "No such option: --ranc" in own("run", "mine", "--ranc", "--", "true", code=2).stdout
    assert "No such option: --evn" in own("test", "--evn", "mine", code=2).stdout
    assert "unknown environment 'mien'" in own("run", "mien", "--", "true", code=2).stdout
    assert "unexpected extra" in own("shell", "mine", "x", code=2).stdout


# --- templates


def test_one_broken_template_hides_no_other(devenv: Devenv) -> None:
    folder = devenv.home / "templates"
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text(ONE)
    (folder / "broken.yaml").write_text("summary: [\n")
    (folder / "key.yaml").write_text(ONE + "pakages: []\n")
    (folder / "folder.yaml").mkdir()
    (folder / "dangling.yaml").symlink_to("nowhere")
    listed = devenv("templates").stdout
    for name in ("good", "neocortex", "thalamus", "hnn"):
        assert re.search(rf"^{name} ", listed, re.MULTILINE), listed
    for name in ("broken", "key", "folder", "dangling"):
        line = next(line for line in listed.splitlines() if line.startswith(f"{name} "))
        assert "broken: " in line
        assert f"{folder}/{name}.yaml" in line
    assert "pakages" in listed
    assert "Traceback" not in listed
    data = {
        one["name"]: one for one in json.loads(devenv("templates", "--json").stdout)["templates"]
    }
    assert "pakages" in data["key"]["error"]
    assert data["good"]["summary"] == "a template of one's own"


def test_a_name_at_create_that_is_no_template_says_how_to_give_one(devenv: Devenv) -> None:
    said = devenv("create", "mystuff", code=2).stdout
    assert "unknown template 'mystuff'" in said
    assert "Known: " in said
    assert "devenv create mystuff --template TEMPLATE" in said
    said = devenv("create", "mystuff", "--template", "neocrtex", code=2).stdout
    assert "Did you mean 'neocortex'?" in said
    assert "--template TEMPLATE" not in said


# --- code on a terminal


def on_terminal(devenv: Devenv, *arguments: str, login: str = "/bin/bash") -> tuple[str, str]:
    """(standard output on a terminal, standard error)."""
    leader, follower = pty.openpty()
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), "SHELL": login}
    done = subprocess.Popen(
        [sys.executable, "-m", "devenv", *arguments],
        stdout=follower, stderr=subprocess.PIPE, env=environ, cwd=devenv.home.parent,
    )  # fmt: skip
    os.close(follower)
    text = until_closed(leader)
    return text, done.communicate(timeout=60)[1].decode()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("deactivate", 'eval "$(devenv deactivate)"'),
        ("deactivate --shell bash", 'eval "$(devenv deactivate --shell bash)"'),
        ("deactivate --shell fish", "devenv deactivate --shell fish | source"),
        ("deactivate --shell tcsh", "eval `devenv deactivate --shell tcsh`"),
        ("shell-init zsh", 'eval "$(devenv shell-init zsh)"'),
        ("shell-init fish", "devenv shell-init fish | source"),
    ],
)
def test_code_on_a_terminal_is_followed_by_what_to_do_with_it(
    devenv: Devenv, typed: str, meant: str
) -> None:
    code, said = on_terminal(devenv, *typed.split())
    assert code.strip()
    assert "changes nothing" in said
    assert meant in said
    assert meant not in code
    piped = devenv(*typed.split()).stdout
    assert piped == code, "the code is the same, and nothing is said where it is evaluated"


def test_the_user_s_own_shell_decides_what_to_type(devenv: Devenv) -> None:
    _, said = on_terminal(devenv, "deactivate", login="/usr/bin/fish")
    assert "devenv deactivate --shell fish | source" in said


def test_an_error_on_a_terminal_is_no_code(own: Devenv) -> None:
    code, said = on_terminal(own, "activate", "mien")
    assert "unknown environment 'mien'" in said
    assert code == ""
    assert own("activate", "mien", code=2).stdout.startswith("false\n")

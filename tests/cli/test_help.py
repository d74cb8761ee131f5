"""`--help`: a page that a newcomer understands, with no line cut short."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
import typer
from support import Devenv

from devenv.cli.app import COMMANDS as MODULES
from devenv.cli.app import program
from devenv.core.engines import ENGINES
from devenv.places import PLACES, QUEUES
from devenv.shells.registry import DIALECTS


def commands(word: str = "") -> dict[str, Any]:
    found: Any = typer.main.get_command(program(word))
    return dict(found.commands)


COMMANDS = commands()


def listed(help_page: str) -> dict[str, str]:
    """command -> summary, as the page lists them."""
    _, _, commands = help_page.partition("Commands:\n")
    lines = (re.match(r"  (\S+) +(\S.*)", line) for line in commands.splitlines())
    return {line[1]: line[2] for line in lines if line}


@pytest.fixture(scope="module")
def page(make_devenv: Any) -> str:
    return str(make_devenv("help")("--help", COLUMNS="80").stdout)


def test_help_says_what_it_is_and_how_to_start(page: str) -> None:
    assert "Usage: devenv" in page
    assert "simulators" in page
    assert "devenv create neocortex" in page.partition("Commands:")[2]


def test_no_command_at_all_shows_the_same_help(devenv: Devenv, page: str) -> None:
    assert devenv(code=None, COLUMNS="80").stdout == page


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_one_whole_line(page: str, name: str) -> None:
    summary = listed(page)[name]
    assert not summary.endswith("..."), f"cut short: {summary}"
    assert summary.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_and_its_options(name: str) -> None:
    command = COMMANDS[name]
    assert len(command.help.split()) >= 3
    silent = [parameter.name for parameter in command.params if not parameter.help]
    assert silent == []


def test_the_table_of_modules_names_what_they_register() -> None:
    for names in MODULES.values():
        assert tuple(commands(names[0])) == names
    assert sorted(COMMANDS) == sorted(name for names in MODULES.values() for name in names)
    assert commands("no-such-command").keys() == COMMANDS.keys()


@pytest.mark.parametrize(
    ("command", "option", "known"),
    [
        ("create", "--engine", ENGINES),
        ("activate", "--shell", DIALECTS),
        ("run", "--launcher", PLACES),
        ("test", "--on", ("here", *QUEUES)),
    ],
)
def test_the_help_of_a_choice_names_all_that_there_are(
    command: str, option: str, known: Iterable[str]
) -> None:
    help_text = next(one.help for one in COMMANDS[command].params if option in one.opts)
    assert set(known) <= set(re.findall(r"\w+", help_text))


def test_a_command_s_own_help(devenv: Devenv) -> None:
    shown = devenv("create", "-h", COLUMNS="80").stdout
    assert "Usage: devenv create" in shown
    assert "--template" in shown


def test_the_version(devenv: Devenv) -> None:
    assert re.fullmatch(r"devenv \d+\.\d+\S*\n", devenv("--version").stdout)

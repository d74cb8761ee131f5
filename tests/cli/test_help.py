"""`--help`: a page that a newcomer understands, with no line cut short."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from support import Devenv

from devenv.cli.app import COMMANDS as MODULES
from devenv.cli.app import program
from devenv.cli.groups import ALIASES, GROUPS, MEANINGS
from devenv.core.engines import ENGINES
from devenv.core.errors import DevenvError
from devenv.places import PLACES, QUEUES
from devenv.shells.registry import DIALECTS


def commands(word: str = "") -> dict[str, Any]:
    return dict(program(word).commands)


COMMANDS = commands()


def listed(help_page: str) -> dict[str, str]:
    """command -> summary, as the page lists them."""
    _, _, commands = help_page.partition("Start here:\n")
    commands, _, _ = commands.partition("Exit codes:\n")
    lines = (re.match(r"  (\S+) +(\S.*)", line) for line in commands.splitlines())
    return {line[1]: line[2] for line in lines if line}


@pytest.fixture(scope="module")
def page(make_devenv: Any) -> str:
    return str(make_devenv("help")("--help", COLUMNS="80").stdout)


def test_help_says_what_it_is_and_how_to_start(page: str) -> None:
    assert "Usage: devenv" in page
    assert "simulators" in page
    assert "devenv create neocortex" in page.partition("Exit codes:")[2]


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
    assert re.fullmatch(
        r"devenv \d+\.\d+\S* \(distribution: simdevenv\)\n", devenv("--version").stdout
    )


def test_the_eight_commands_that_matter_stand_first(page: str) -> None:
    first = page.partition("Start here:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in first.splitlines()] == list(GROUPS["Start here"])
    assert len(GROUPS["Start here"]) == 8


def test_every_command_is_in_one_group() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert sorted(names) == sorted(COMMANDS), "add it to GROUPS in cli/groups.py"


def test_the_help_fits_a_terminal_of_80_columns(page: str) -> None:
    assert [line for line in page.splitlines() if len(line) > 80] == []


def test_the_exit_codes_are_those_of_the_errors(page: str) -> None:
    codes = {cls.code for cls in DevenvError.__subclasses__()} | {DevenvError.code}
    listed_codes = re.findall(r"^  (\d+) ", page.partition("Exit codes:\n")[2], re.MULTILINE)
    assert codes <= set(map(int, listed_codes))


def test_every_alias_and_meaning_leads_to_a_command() -> None:
    for meaning in (*ALIASES.values(), *MEANINGS.values()):
        for typed in meaning.split(", devenv "):
            assert typed.split()[0] in COMMANDS
    assert not (ALIASES.keys() | MEANINGS.keys()) & COMMANDS.keys()

"""The program: registers the commands and holds the one error boundary."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any

import typer

from devenv import DISTRIBUTION, __version__
from devenv.cli.boundary import bounded
from devenv.cli.every_command import add_to
from devenv.cli.groups import ALIASES
from devenv.cli.options import with_optional_values
from devenv.cli.program import Program
from devenv.cli.state import CURRENT, State
from devenv.cli.table import summaries
from devenv.core.errors import UsageError

COMMANDS = {
    "init": ("init",),
    "create": ("create",),
    "adopt": ("adopt",),
    "remove": ("remove", "restore"),
    "develop": ("develop", "undevelop"),
    "build": ("build",),
    "run": ("run", "shell"),
    "test": ("test",),
    "jobs": ("submit", "jobs", "logs"),
    "alloc": ("alloc",),
    "activate": ("activate", "refresh", "deactivate"),
    "shell_code": ("shell-init", "shell-hook", "shell-setup"),
    "environments": ("list", "show", "templates"),
    "generations": ("generations", "rollback", "lock"),
    "graph": ("graph",),
    "models": ("models",),
    "prune": ("prune", "du"),
    "doctor": ("doctor",),
    "which": ("which",),
    "gpu": ("gpu",),
    "export": ("export",),
    "config": ("config",),
    "host": ("host",),
    "sync": ("sync",),
    "spack": ("spack",),
    "cache": ("cache",),
    "wheel": ("wheel",),
    "conda": ("conda",),
    "allow": ("allow",),
    "add": ("add", "remove-package", "mods"),
    "data": ("data",),
    "report": ("report",),
    "help": ("help",),
}
"""The modules beside this one, in the order of the help, and the commands that each registers."""

INNER = {"work": ("_work",)}
"""Likewise, what devenv starts itself: it is in no help."""


def program(command: str = "") -> Any:
    """The program with all of its commands; for a `command` that there is, with its module alone.

    To import every module and take its options apart takes as long as a build that finds nothing to do.
    ``--version`` and ``--help`` need none of them.
    """
    app = typer.Typer(
        name="devenv",
        cls=Program,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Start with: devenv create neocortex; or, for your own MOD files: devenv init",
    )
    app.callback()(root)
    wanted = [module for module, names in {**COMMANDS, **INNER}.items() if command in names]
    for module in wanted or (COMMANDS if command != NONE else ()):
        import_module(f"devenv.cli.{module}").register(app)
    return add_to(typer.main.get_command(app))


VERSION = "--version"
NONE = "-"
"""In place of a command: the root alone."""

TAKES_COMMAND = ("run", "test", "shell", "config", "submit", "alloc", "spack", "wheel", "conda")
"""The commands for which what stands behind ``--`` is meant."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"devenv {__version__} (distribution: {DISTRIBUTION})")
        raise typer.Exit


def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option(VERSION, callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Environments for people who develop compiled scientific simulators.

    devenv makes a place where NEURON, your model and your own sources work together, keeps it right
    while you edit, and proves it: devenv create, devenv develop, devenv run, devenv test.
    """
    state = context.find_object(State)
    assert state is not None
    if state.dashes and context.invoked_subcommand not in TAKES_COMMAND:
        raise UsageError(
            f"'devenv {context.invoked_subcommand}' takes no arguments after '--'",
            fix="Leave out the '--' and what follows.",
        )


def main(arguments: list[str] | None = None) -> None:
    """Run the program; ends the process with the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _open_closed_streams()
    head, rest = _split(arguments)
    state = State(dict(os.environ), tuple(rest), tuple(head), dashes=len(head) < len(arguments))
    CURRENT.set(state)
    code = bounded(lambda: run_program(head, state), state)
    if state.context is not None and state.context.trace.steps:
        from devenv.cli.report import keep

        keep(state, code)
    sys.exit(code)


def run_program(words: list[str], state: State) -> int:
    """Run the command of these words; its exit code."""
    word = command_word(words)
    command = program(word)
    if word == NONE:
        command.summaries = summaries()
    with _help_reported(state):
        arguments = with_optional_values(words)
        code = command.main(args=arguments, prog_name="devenv", obj=state, standalone_mode=False)
    return code if isinstance(code, int) else 0


def command_word(words: list[str]) -> str:
    """The command that is called, by its own name; NONE where there is none."""
    skipped = {at + 1 for at, word in enumerate(words) if word == "--color"}
    plain = (w for at, w in enumerate(words) if not w.startswith("-") and at not in skipped)
    word = next(plain, NONE)
    return ALIASES.get(word, word)


@contextmanager
def _help_reported(state: State) -> Iterator[None]:
    """typer prints help and version itself: StateError where that meets a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename or state.context is not None:
            raise
        from devenv.cli.render import unwritten

        raise unwritten(error) from None


def _open_closed_streams() -> None:
    """Where a standard stream is closed (``>&-``), what is said goes nowhere, not into other files."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What stands before and behind the first ``--``: the rest belongs to the user's command."""
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]

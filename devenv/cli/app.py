"""The program: registers the commands and holds the one error boundary."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated

import typer

from devenv import __version__
from devenv.cli.options import with_release_value
from devenv.cli.state import State
from devenv.core.errors import DevenvError, UsageError

COMMANDS = {
    "init": ("init",),
    "create": ("create",),
    "adopt": ("adopt",),
    "remove": ("remove",),
    "develop": ("develop", "undevelop"),
    "build": ("build",),
    "run": ("run", "shell"),
    "test": ("test",),
    "jobs": ("submit", "jobs", "logs"),
    "alloc": ("alloc",),
    "activate": ("activate", "refresh", "deactivate"),
    "shell_code": ("shell-init", "shell-hook"),
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
}
"""The modules beside this one, in the order of the help, and the commands that each registers."""

INNER = {"work": ("_work",)}
"""Likewise, what devenv starts itself: it is in no help."""


def program(command: str = "") -> typer.Typer:
    """The program with all of its commands; for a `command` that there is, with its module alone.

    To import every module and take its options apart takes as long as a build that finds nothing to do.
    ``--version`` needs none of them.
    """
    app = typer.Typer(
        name="devenv",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Start with: devenv create neocortex; or, for your own MOD files: devenv init",
    )
    app.callback()(root)
    wanted = [module for module, names in {**COMMANDS, **INNER}.items() if command in names]
    for module in wanted or (COMMANDS if command != VERSION else ()):
        import_module(f"devenv.cli.{module}").register(app)
    return app


VERSION = "--version"

TAKES_COMMAND = ("run", "test", "shell", "config", "submit", "alloc", "spack")
"""The commands for which what stands behind ``--`` is meant."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"devenv {__version__}")
        raise typer.Exit


def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option(VERSION, callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, errors only.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print each step as it is done.")
    ] = False,
) -> None:
    """Environments for people who develop compiled scientific simulators.

    devenv makes a place where NEURON, your model and your own sources work together, keeps it right
    while you edit, and proves it: devenv create, devenv develop, devenv run, devenv test.
    """
    state = context.find_object(State)
    assert state is not None
    state.quiet, state.verbose = quiet, verbose
    if state.rest and context.invoked_subcommand not in TAKES_COMMAND:
        raise UsageError(
            f"'devenv {context.invoked_subcommand}' takes nothing behind '--'",
            fix="Leave out the '--' and what follows.",
        )


def main(arguments: list[str] | None = None) -> None:
    """Run the program; ends the process with the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _open_closed_streams()
    head, rest = _split(arguments)
    state = State(environ=dict(os.environ), rest=tuple(rest), typed=tuple(head))
    try:
        app = program(next((w for w in head if not w.startswith("-") or w == VERSION), ""))
        with _help_reported():
            app(args=with_release_value(head), prog_name="devenv", obj=state)
    except DevenvError as error:
        from devenv.system.redaction import redacted

        print(f"devenv: error: {redacted(str(error), os.environ)}", file=sys.stderr)
        sys.exit(error.code)
    sys.exit(0)


@contextmanager
def _help_reported() -> Iterator[None]:
    """typer prints help and version itself: StateError where that meets a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename:
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

"""devenv help."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("help")(help_)


def help_(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND...", help="The command.")
    ] = None,
) -> None:
    """Show the help of a command: devenv help wheel build."""
    from devenv.cli.app import run_program
    from devenv.cli.state import State

    state = context.find_object(State)
    assert state is not None
    raise typer.Exit(run_program([*(words or ()), "--help"], state))

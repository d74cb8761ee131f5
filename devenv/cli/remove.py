"""devenv remove."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import DryRun, environment_names
from devenv.cli.render import render
from devenv.cli.state import done_in


def register(app: typer.Typer) -> None:
    app.command()(remove)


def remove(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(help="The environment to remove.", autocompletion=environment_names),
    ],
    dry_run: DryRun = False,
) -> None:
    """Remove an environment. Your sources stay where they are."""
    from devenv.workflows.remove import remove as workflow

    render(done_in(context, name, workflow, dry_run))

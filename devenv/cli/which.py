"""devenv which."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import env_of


def register(app: typer.Typer) -> None:
    app.command()(which)


def which(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="A package, FILE.hoc, libnrnmech, a program or a mechanism."
        ),
    ],
    env: EnvironmentOption = None,
) -> None:
    """Say where something comes from. Also why, and what it shadows."""
    from devenv.workflows.which import which as workflow

    render(workflow(env_of(context, env), what))

"""devenv doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import env_of


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    context: typer.Context,
    name: EnvironmentName = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair the environment, then check again.")
    ] = False,
) -> None:
    """Prove that what runs is what you mean. What is not comes with how to mend it."""
    from devenv.workflows.doctor import doctor as workflow

    render(workflow(env_of(context, name), fix=fix))

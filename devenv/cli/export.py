"""devenv export."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import env_of

KINDS = "modulefile, modulefile-lua, envrc, dotenv, vscode, kernelspec, json"


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{KINDS}.")],
    name: EnvironmentName = None,
) -> None:
    """Print the environment as a file for another tool. Such as: devenv export envrc NAME > .envrc."""
    from devenv.workflows.export import export as workflow

    render(workflow(env_of(context, name), kind))

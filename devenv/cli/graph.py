"""devenv graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import env_of


def register(app: typer.Typer) -> None:
    app.command()(graph)


def graph(
    context: typer.Context,
    name: EnvironmentName = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write a picture of it instead.")
    ] = None,
) -> None:
    """Show what an environment is made of, and what needs what."""
    from devenv.workflows.graph import graph as workflow

    render(workflow(env_of(context, name), svg))

"""devenv gpu."""

from __future__ import annotations

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import env_of


def register(app: typer.Typer) -> None:
    app.command()(gpu)


def gpu(context: typer.Context, name: EnvironmentName = None) -> None:
    """Say whether this machine can do the work on a GPU."""
    from devenv.workflows.gpu import gpu as workflow

    render(workflow(env_of(context, name)))

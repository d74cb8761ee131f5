"""devenv sync."""

from __future__ import annotations

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import env_of


def register(app: typer.Typer) -> None:
    app.command()(sync)


def sync(context: typer.Context, name: EnvironmentName = None) -> None:
    """Apply your edits of environment.yaml or spack.yaml."""
    from devenv.upkeep.build import build as workflow

    render(workflow(env_of(context, name)))

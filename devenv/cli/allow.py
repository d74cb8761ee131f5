"""devenv allow."""

from __future__ import annotations

import typer

from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(allow)


def allow(context: typer.Context) -> None:
    """Allow this project's devenv.yaml as it is now."""
    from devenv.workflows.allow import allow as workflow

    render(workflow(context_of(context)))

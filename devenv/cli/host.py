"""devenv host."""

from __future__ import annotations

import typer

from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(host)


def host(context: typer.Context) -> None:
    """What this machine has for launches: scheduler, MPI, cores."""
    from devenv.workflows.host import host as workflow

    render(workflow(context_of(context)))

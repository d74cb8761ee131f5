"""devenv host."""

from __future__ import annotations

import typer

from devenv.cli.options import AsJson
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(host)


def host(context: typer.Context, as_json: AsJson = False) -> None:
    """What this machine has for launches: scheduler, MPI, cores."""
    from devenv.workflows.host import host as workflow

    render(workflow(context_of(context)), as_json)

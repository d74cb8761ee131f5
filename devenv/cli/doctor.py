"""devenv doctor."""

from __future__ import annotations

import typer

from devenv.cli.options import AsJson, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(context: typer.Context, name: EnvironmentName = None, as_json: AsJson = False) -> None:
    """Prove that what runs is what you mean. What is not comes with how to mend it."""
    from devenv.workflows.doctor import doctor as workflow

    render(workflow(context_of(context), name), as_json)

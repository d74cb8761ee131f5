"""devenv activate, refresh, deactivate."""

from __future__ import annotations

import typer

from devenv.cli.options import EnvironmentName, ModelName, Shell
from devenv.cli.render import render_code
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(activate)
    app.command()(refresh)
    app.command()(deactivate)


def activate(
    context: typer.Context, name: EnvironmentName = None, shell: Shell = "sh", model: ModelName = ""
) -> None:
    """Print the shell code that activates. Use it so: eval "$(devenv activate NAME)"."""
    from devenv.upkeep.project import ready_to_activate
    from devenv.workflows.activate import activate as workflow

    render_code(
        context, lambda: workflow(ready_to_activate(context_of(context), name), shell, model)
    )


def refresh(context: typer.Context, shell: Shell = "sh") -> None:
    """Take up what was built since, or rolled back. Or: eval "$(devenv refresh)"."""
    from devenv.workflows.activate import refresh as workflow

    render_code(context, lambda: workflow(context_of(context), shell))


def deactivate(context: typer.Context, shell: Shell = "sh") -> None:
    """Put everything back. In an activated shell: devenv deactivate, as it stands."""
    from devenv.workflows.activate import deactivate as workflow

    render_code(context, lambda: workflow(shell))

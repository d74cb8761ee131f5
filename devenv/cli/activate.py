"""devenv activate, deactivate, shell-init."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of

Shell = Annotated[str, typer.Option("--shell", help="bash.")]


def register(app: typer.Typer) -> None:
    app.command()(activate)
    app.command()(deactivate)
    app.command("shell-init")(shell_init)


def activate(context: typer.Context, name: EnvironmentName = None, shell: Shell = "bash") -> None:
    """Print the shell code that activates: eval "$(devenv activate NAME)"."""
    from devenv.workflows.activate import activate as workflow

    render(workflow(context_of(context), name, shell))


def deactivate(context: typer.Context, shell: Shell = "bash") -> None:
    """Print the shell code that puts everything back: eval "$(devenv deactivate)"."""
    from devenv.workflows.activate import deactivate as workflow

    render(workflow(shell))


def shell_init(
    context: typer.Context, shell: Annotated[str, typer.Argument(help="bash.")] = "bash"
) -> None:
    """Print a shell function, for your ~/.bashrc: eval "$(devenv shell-init bash)"."""
    from devenv.workflows.activate import shell_init as workflow

    render(workflow(context_of(context), shell))

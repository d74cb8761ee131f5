"""devenv alloc."""

from __future__ import annotations

import typer

from devenv.cli.launch_options import JOB, launch_options
from devenv.cli.options import DryRun, EnvironmentName, Ranks
from devenv.cli.render import render
from devenv.cli.state import env_of, rest_of
from devenv.cli.takes_command import TakesCommand
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command(cls=TakesCommand)(alloc)


@launch_options(*JOB, "max_wait")
def alloc(
    context: typer.Context,
    name: EnvironmentName = None,
    ranks: Ranks = 0,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Run a shell or a command inside an allocation."""
    from devenv.workflows.alloc import alloc as workflow

    argv = rest_of(context)
    render(workflow(env_of(context, name), argv, ranks, launch, dry_run=dry_run))

"""devenv run, devenv shell."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.launch_options import JOB, launch_options
from devenv.cli.options import DryRun, EnvironmentName, ModelName, NoBuild, Ranks
from devenv.cli.render import render
from devenv.cli.state import rest_of, worked
from devenv.cli.takes_command import TakesCommand
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command(cls=TakesCommand)(run)
    app.command()(shell)


@launch_options(*JOB, "max_wait", "launcher")
def run(
    context: typer.Context,
    name: EnvironmentName = None,
    ranks: Ranks = 0,
    *,
    launch: LaunchOptions,
    no_special: Annotated[
        bool, typer.Option("--no-special", help="Load the model's library instead of special.")
    ] = False,
    no_build: NoBuild = False,
    model: ModelName = "",
    refs: Annotated[
        list[str] | None,
        typer.Option(
            "--ref",
            metavar="SOURCE=COMMIT",
            help="With a dev source as a commit of its repository has it.",
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Run a command in the environment. Such as: devenv run NAME -n 2 python run.py."""
    from devenv.workflows.run import RunRequest
    from devenv.workflows.run import run as workflow

    request = RunRequest(
        rest_of(context), ranks, launch, no_special, no_build, model, tuple(refs or ())
    )
    render(worked(context, name, partial(workflow, request=request, dry_run=dry_run), dry_run))


def shell(context: typer.Context, name: EnvironmentName = None, model: ModelName = "") -> None:
    """Start your shell with the environment active."""
    from devenv.workflows.shell import shell as workflow

    worked(context, name, partial(workflow, model=model))

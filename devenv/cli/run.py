"""devenv run, devenv shell."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli import launch_options as options
from devenv.cli.behind_dashes import BehindDashes
from devenv.cli.options import DryRun, EnvironmentName, Launcher, ModelName, NoBuild, Ranks
from devenv.cli.render import render
from devenv.cli.state import rest_of, worked


def register(app: typer.Typer) -> None:
    app.command(cls=BehindDashes)(run)
    app.command()(shell)


def run(
    context: typer.Context,
    name: EnvironmentName = None,
    ranks: Ranks = 0,
    nodes: options.Nodes = 0,
    threads: options.Threads = 0,
    gpus: options.Gpus = 0,
    time: options.Time = "",
    account: options.Account = "",
    partition: options.Partition = "",
    constraint: options.Constraint = "",
    exclusive: options.Exclusive = False,
    max_wait: options.MaxWait = "",
    launcher: Launcher = None,
    no_special: Annotated[
        bool, typer.Option("--no-special", help="Load the model's library instead of special.")
    ] = False,
    no_build: NoBuild = False,
    model: ModelName = "",
    dry_run: DryRun = False,
) -> None:
    """Run a command in the environment. Such as: devenv run NAME -n 2 -- COMMAND..."""
    from devenv.workflows.run import RunRequest
    from devenv.workflows.run import run as workflow

    job = (nodes, threads, gpus, time, account, partition, constraint, exclusive)
    asked = options.asked(job, launcher, max_wait)
    request = RunRequest(rest_of(context), ranks, asked, no_special, no_build, model)
    render(worked(context, name, partial(workflow, request=request, dry_run=dry_run), dry_run))


def shell(context: typer.Context, name: EnvironmentName = None, model: ModelName = "") -> None:
    """Start your shell with the environment active."""
    from devenv.workflows.shell import shell as workflow

    worked(context, name, partial(workflow, model=model))

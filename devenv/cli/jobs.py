"""devenv submit, jobs, logs."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.launch_options import JOB, launch_options
from devenv.cli.options import DryRun, EnvironmentName, ModelName, NoBuild, Ranks
from devenv.cli.render import render
from devenv.cli.state import context_of, rest_of, worked
from devenv.cli.takes_command import TakesCommand
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command(cls=TakesCommand)(submit)
    for command in (jobs, logs):
        app.command()(command)


@launch_options(*JOB, "launcher")
def submit(
    context: typer.Context,
    name: EnvironmentName = None,
    ranks: Ranks = 0,
    *,
    launch: LaunchOptions,
    array: Annotated[str, typer.Option(help="One task for each number, such as 0-199%8.")] = "",
    log: Annotated[str, typer.Option(help="The log file (default: devenv's own).")] = "",
    job_name: Annotated[str, typer.Option("--name", help="The job's name in the queue.")] = "",
    after: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Begin when this job has succeeded (may be repeated)."),
    ] = None,
    no_build: NoBuild = False,
    model: ModelName = "",
    dry_run: DryRun = False,
) -> None:
    """Submit a batch job. Such as: devenv submit NAME -n 4 python run.py."""
    from devenv.places.submission import SubmitRequest
    from devenv.workflows.jobs import submit as workflow

    request = SubmitRequest(
        argv=rest_of(context),
        ranks=ranks,
        options=launch,
        array=array,
        log=log,
        name=job_name,
        no_build=no_build,
        model=model,
        after=tuple(after or ()),
    )
    verb = partial(workflow, request=request, dry_run=dry_run)
    render(worked(context, name, verb, dry_run))


def jobs(context: typer.Context) -> None:
    """The submitted jobs, and their states."""
    from devenv.workflows.jobs import jobs as workflow

    render(workflow(context_of(context)))


def logs(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="ID", help="The job; of an array also ID_TASK.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until it ends.")] = False,
) -> None:
    """Print a job's log."""
    from devenv.workflows.logs import logs as workflow

    render(workflow(context_of(context), job, follow=follow))

"""devenv alloc."""

from __future__ import annotations

import typer

from devenv.cli import launch_options as options
from devenv.cli.behind_dashes import BehindDashes
from devenv.cli.options import DryRun, EnvironmentName, Ranks
from devenv.cli.render import render
from devenv.cli.state import env_of, rest_of


def register(app: typer.Typer) -> None:
    app.command(cls=BehindDashes)(alloc)


def alloc(
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
    dry_run: DryRun = False,
) -> None:
    """Your shell, or a command behind '--', inside an allocation."""
    from devenv.workflows.alloc import alloc as workflow

    job = (nodes, threads, gpus, time, account, partition, constraint, exclusive)
    asked, argv = options.asked(job, None, max_wait), rest_of(context)
    render(workflow(env_of(context, name), argv, ranks, asked, dry_run=dry_run))

"""devenv build."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(build)


def build(
    context: typer.Context,
    name: EnvironmentName = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=0, help="Processes at once (default: the cores).")
    ] = 0,
    update: Annotated[
        bool, typer.Option("--update", help="Also take newer packages, as far as allowed.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Compile the environment's model: only what changed."""
    from devenv.workflows.build import build as workflow

    render(workflow(context_of(context), name, jobs=jobs, update=update, dry_run=dry_run))

"""devenv develop, devenv undevelop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.launch import LaunchOptions

Package = Annotated[str, typer.Argument(help="The package, by any of its names.")]


def register(app: typer.Typer) -> None:
    app.command()(develop)
    app.command()(undevelop)


@launch_options(*ON)
def develop(
    context: typer.Context,
    package: Package,
    path: Annotated[Path | None, typer.Option(help="Use this folder as it is.")] = None,
    git: Annotated[str, typer.Option(help="Clone URL[@REF].", show_default=False)] = "",
    branch: Annotated[
        str, typer.Option(help="Clone this branch; create it if there is none.", show_default=False)
    ] = "",
    release: Annotated[
        str,
        typer.Option(
            metavar="[VERSION]", help="Take the source release from the index.", show_default=False
        ),
    ] = "",
    variant: Annotated[
        str,
        typer.Option(
            metavar="VARIANTS",
            help="How the environment is compiled: build_type=Debug, +coreneuron, …",
            show_default=False,
        ),
    ] = "",
    env: EnvironmentOption = None,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Develop a package: its source is used live. It stands in front of every other copy."""
    from devenv.environment.dev_source import DevelopRequest
    from devenv.workflows.work import Work, do

    request = DevelopRequest(package, path, git, branch, release, variant)
    work = Work("develop", request, environment=env, dry_run=dry_run, launch=launch)
    render(do(context_of(context), work))


@launch_options(*ON)
def undevelop(
    context: typer.Context,
    package: Package,
    env: EnvironmentOption = None,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Use the released package again. The source stays where it is."""
    from devenv.workflows.work import Work, do

    work = Work("undevelop", package, environment=env, dry_run=dry_run, launch=launch)
    render(do(context_of(context), work))

"""devenv develop, devenv undevelop."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import done_in

Package = Annotated[str, typer.Argument(help="The package, by any of its names.")]


def register(app: typer.Typer) -> None:
    app.command()(develop)
    app.command()(undevelop)


def develop(
    context: typer.Context,
    package: Package,
    path: Annotated[Path | None, typer.Option(help="Use this folder as it is.")] = None,
    git: Annotated[str, typer.Option(help="Clone URL[@REF].", show_default=False)] = "",
    branch: Annotated[
        str, typer.Option(help="Clone this branch, made where it is not there.", show_default=False)
    ] = "",
    release: Annotated[
        str,
        typer.Option(
            metavar="[VERSION]", help="Take the source release from the index.", show_default=False
        ),
    ] = "",
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Develop a package: its source is used live. It stands in front of every other copy."""
    from devenv.workflows.develop import DevelopRequest
    from devenv.workflows.develop import develop as workflow

    request = DevelopRequest(package, path, git, branch, release)
    render(done_in(context, env, partial(workflow, request=request), dry_run))


def undevelop(
    context: typer.Context,
    package: Package,
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Use the released package again. The source stays where it is."""
    from devenv.workflows.develop import undevelop as workflow

    render(done_in(context, env, partial(workflow, package=package), dry_run))

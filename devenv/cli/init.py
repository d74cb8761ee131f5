"""devenv init."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import DryRun
from devenv.cli.render import render
from devenv.cli.state import done


def register(app: typer.Typer) -> None:
    app.command()(init)


def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="The project's folder.", show_default=False)
    ] = Path(),
    dry_run: DryRun = False,
) -> None:
    """Write a devenv.yaml for what is in this folder."""
    from devenv.workflows.init import init as workflow

    render(done(context, partial(workflow, folder=folder), dry_run))

"""devenv conda env: create."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.conda_channel import Channels
from devenv.cli.options import DryRun
from devenv.cli.render import render
from devenv.cli.state import context_of

env = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(conda: typer.Typer) -> None:
    conda.add_typer(env, name="env", help="Environments from environment.yml.")


@env.callback()
def group() -> None:
    """Environments of conda packages."""


@env.command()
def create(
    context: typer.Context,
    file: Annotated[Path, typer.Option("--file", "-f", help="An environment.yml.")] = Path(
        "environment.yml"
    ),
    name: Annotated[
        str, typer.Option("--name", "-n", help="Its name, instead of the file's.")
    ] = "",
    channels: Channels = None,
    dry_run: DryRun = False,
) -> None:
    """Create an environment from an environment.yml. All of devenv's commands work with it.

    Channels that you name come before the file's.
    """
    from devenv.workflows.conda_env import create_from_file

    wanted = tuple(channels or ())
    render(create_from_file(context_of(context), file, name, wanted, dry_run=dry_run))

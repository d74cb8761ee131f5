"""devenv data: get, list."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import done_in, env_of

data = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(data, name="data", help="Files that simulations need: get, list.")


@data.command()
def get(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name in the template or project.")],
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Fetch it where it is not there, verify it, and print its folder."""
    from devenv.workflows.data import get_data

    render(done_in(context, env, partial(get_data, name=name), dry_run))


@data.command("list")
def list_(context: typer.Context, env: EnvironmentOption = None) -> None:
    """List the data, where it comes from, and where it stands."""
    from devenv.workflows.data import list_data

    render(list_data(env_of(context, env)))

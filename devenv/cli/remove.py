"""devenv remove, devenv restore."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun
from devenv.cli.question import confirm
from devenv.cli.render import render
from devenv.cli.state import context_of, done, done_in, env_of


def register(app: typer.Typer) -> None:
    app.command()(remove)
    app.command()(restore)


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The environment to remove.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Remove an environment. Your sources stay, and devenv restore brings it back."""
    from devenv.workflows.remove import remove as workflow
    from devenv.workflows.remove import what_goes

    if not (yes or dry_run) and sys.stdin.isatty() and sys.stderr.isatty():
        typer.echo("\n".join(what_goes(env_of(context, name))), err=True)
        confirm("Remove it?")
    render(done_in(context, name, workflow, dry_run))


def restore(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="The environment (default: list what there is).")
    ] = "",
    dry_run: DryRun = False,
) -> None:
    """Bring a removed environment back, as it was requested."""
    from devenv.workflows import restore as workflows

    if not name:
        render(workflows.list_trash(context_of(context)))
    else:
        render(done(context, partial(workflows.restore, name=name), dry_run))

"""devenv generations, rollback, lock diff."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of, done, env_of

lock = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(generations)
    app.command()(rollback)
    app.add_typer(lock, name="lock", help="What generations were made of: diff.")


def generations(context: typer.Context, name: EnvironmentName = None) -> None:
    """List the generations: when each was made, what it changed."""
    from devenv.workflows.generations import list_generations

    render(list_generations(env_of(context, name)))


def rollback(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [GENERATION]",
            help="The environment, and a number (default: the one before the current).",
            show_default=False,
        ),
    ] = None,
    keep_request: Annotated[
        bool, typer.Option("--keep-request", help="Leave environment.yaml as it is.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Use an earlier generation again. Nothing is built, and your sources stay as they are."""
    from devenv.workflows.rollback import rollback as workflow

    verb = partial(workflow, words=words or [], keep_request=keep_request)
    render(done(context, verb, dry_run))


@lock.command()
def diff(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [FROM] [TO]",
            help="The environment, and two generations (default: the one before, the current).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say in words what differs between two generations."""
    from devenv.workflows.generations import lock_diff

    render(lock_diff(context_of(context), words or []))

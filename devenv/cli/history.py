"""devenv sync, lock diff, rollback, graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import AsJson, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of

lock = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(sync)
    app.add_typer(lock, name="lock", help="The locks of generations: diff.")
    app.command()(rollback)
    app.command()(graph)


def sync(context: typer.Context, name: EnvironmentName = None) -> None:
    """Take up what you wrote into environment.yaml or spack.yaml."""
    from devenv.workflows.build import build as workflow

    render(workflow(context_of(context), name))


@lock.command()
def diff(
    context: typer.Context,
    name: EnvironmentName = None,
    before: Annotated[
        int, typer.Option("--from", min=0, help="A generation.", show_default=False)
    ] = 0,
    after: Annotated[int, typer.Option("--to", min=0, help="Another.", show_default=False)] = 0,
    as_json: AsJson = False,
) -> None:
    """Say what changed from one generation to another."""
    from devenv.workflows.history import lock_diff

    render(lock_diff(context_of(context), name, before, after), as_json)


def rollback(
    context: typer.Context,
    name: EnvironmentName = None,
    to: Annotated[
        int, typer.Option(min=0, help="Its number (default: the one before).", show_default=False)
    ] = 0,
) -> None:
    """Use an earlier generation again."""
    from devenv.workflows.history import rollback as workflow

    render(workflow(context_of(context), name, to))


def graph(
    context: typer.Context,
    name: EnvironmentName = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is only there to build.")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Write a picture to this file.")] = None,
) -> None:
    """Show the packages of a Spack environment, and what each needs."""
    from devenv.workflows.graph import graph as workflow

    render(workflow(context_of(context), name, everything=everything, out=svg))

"""devenv list, show, templates."""

from __future__ import annotations

import typer

from devenv.cli.options import EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of, env_of


def register(app: typer.Typer) -> None:
    app.command("list")(list_)
    app.command()(show)
    app.command()(templates)


def list_(context: typer.Context) -> None:
    """List the environments."""
    from devenv.workflows.show import list_environments

    render(list_environments(context_of(context)))


def show(context: typer.Context, name: EnvironmentName = None) -> None:
    """Show what an environment is made of."""
    from devenv.workflows.show import show as workflow

    render(workflow(env_of(context, name)))


def templates(context: typer.Context) -> None:
    """List the templates, and what each is for."""
    from devenv.workflows.templates import list_all_templates

    render(list_all_templates(context_of(context)))

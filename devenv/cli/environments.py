"""devenv list, show, templates."""

from __future__ import annotations

import typer

from devenv.cli.options import AsJson, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import context_of, env_of


def register(app: typer.Typer) -> None:
    app.command("list")(list_)
    app.command()(show)
    app.command()(templates)


def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the environments."""
    from devenv.workflows.show import list_environments

    render(list_environments(context_of(context)), as_json)


def show(context: typer.Context, name: EnvironmentName = None, as_json: AsJson = False) -> None:
    """Show what an environment is made of."""
    from devenv.workflows.show import show as workflow

    render(workflow(env_of(context, name)), as_json)


def templates(context: typer.Context, as_json: AsJson = False) -> None:
    """List the templates, and what each is for."""
    from devenv.workflows.show import list_all_templates

    render(list_all_templates(context_of(context)), as_json)

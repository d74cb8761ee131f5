"""devenv models: list, show, compile-commands."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentOption, ModelName
from devenv.cli.render import render
from devenv.cli.state import context_of, done_in, env_of

models = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(models, name="models", help="The compiled models: list, show, remove.")


@models.callback()
def without_command(context: typer.Context) -> None:
    """The compiled models: size, age, and who uses them."""
    if context.invoked_subcommand is None:
        list_(context)


@models.command("list")
def list_(context: typer.Context) -> None:
    """List the compiled models: size, age, and who uses them."""
    from devenv.workflows.models import list_models

    render(list_models(context_of(context)))


@models.command()
def remove(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Its name, or its variants: +coreneuron.")],
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Take a further model out of an environment. Its own model stays."""
    from devenv.workflows.models import remove_model

    render(done_in(context, env, partial(remove_model, asked=model), dry_run))


@models.command()
def show(
    context: typer.Context,
    mechanism: Annotated[str, typer.Argument(help="Its name, or that of its MOD file.")],
    cpp: Annotated[bool, typer.Option("--cpp", help="Print its translated source.")] = False,
    coreneuron: Annotated[
        bool, typer.Option("--coreneuron", help="Print its source for CoreNEURON.")
    ] = False,
    env: EnvironmentOption = None,
    model: ModelName = "",
) -> None:
    """Show where a mechanism came from, or what it was translated to."""
    from devenv.workflows.models import ShowRequest, show_mechanism

    request = ShowRequest(mechanism, cpp, coreneuron, model)
    render(show_mechanism(env_of(context, env), request))


@models.command("compile-commands")
def compile_commands(
    context: typer.Context, env: EnvironmentOption = None, model: ModelName = ""
) -> None:
    """Print the path of the model's compile_commands.json, for clangd and editors."""
    from devenv.workflows.models import compile_commands as workflow

    render(workflow(env_of(context, env), model))

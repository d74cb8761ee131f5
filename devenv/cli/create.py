"""devenv create, devenv remove."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.create_options import CreateOptions
from devenv.cli.launch_options import ON, launch_options
from devenv.cli.option_groups import option_group
from devenv.cli.options import DryRun
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command()(create)


@launch_options(*ON, without="-t")
@option_group(CreateOptions)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name; also the template where none is given.")],
    *,
    options: CreateOptions,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Create an environment: its Python, NEURON and packages."""
    from devenv.upkeep.new_environment import CreateRequest
    from devenv.workflows.work import Work, do

    request = CreateRequest(
        name=name,
        template=options.template or "",
        engine=options.engine,
        python=options.python,
        variants=" ".join(options.variant or ()),
        models=options.models,
        neuron=options.neuron,
        base=options.base,
        from_lock=options.from_lock,
        wheels=options.wheels,
        strict=options.strict,
        packages=tuple(options.package or ()),
        mods=tuple(options.mods or ()),
        channels=tuple(options.channel or ()),
        specs=tuple(options.spec or ()),
    )
    render(do(context_of(context), Work("create", request, dry_run=dry_run, launch=launch)))

"""devenv conda: build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli import conda_channel, conda_env, conda_package, conda_recipe
from devenv.cli.conda_channel import Channels
from devenv.cli.conda_recipe import Configs, Python, Variants, variants_of
from devenv.cli.launch_options import ON, launch_options
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.launch import LaunchOptions

conda = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    conda_recipe.register(conda)
    conda_channel.register(conda)
    conda_package.register(conda)
    conda_env.register(conda)
    app.add_typer(conda, name="conda", help="Conda packages: build, test, index, upload.")


@conda.callback()
def group() -> None:
    """Conda packages, without conda."""


@conda.command()
@launch_options(*ON)
def build(
    context: typer.Context,
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="Folders or files.")],
    python: Python = "",
    variants: Variants = None,
    configs: Configs = None,
    channels: Channels = None,
    output: Annotated[Path, typer.Option(help="The channel that packages go to.")] = Path("output"),
    priority: Annotated[str, typer.Option(help="Of channels: strict or disabled.")] = "strict",
    base: Annotated[str, typer.Option(help="Loaded before: modules:NAME,NAME.")] = "",
    *,
    launch: LaunchOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the variants only.")] = False,
) -> None:
    """Build recipes (recipe.yaml or meta.yaml) for every variant, test the packages, publish them.

    What did not change is not built again. A package without files, or with a failing test, does not
    reach the channel.
    """
    from devenv.workflows.conda_build import CondaBuildRequest
    from devenv.workflows.work import Work, do

    chosen, more = variants_of(python, variants), tuple(configs or ())
    wanted = tuple(channels or ())
    request = CondaBuildRequest(tuple(recipes), chosen, more, wanted, output, priority, base)
    render(do(context_of(context), Work("conda build", request, dry_run=dry_run, launch=launch)))

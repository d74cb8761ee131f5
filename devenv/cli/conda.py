"""devenv conda: build, convert, ci."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli import conda_channel, conda_package
from devenv.cli.conda_channel import Channels
from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import AsJson
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.cli.work import render_work
from devenv.core.launch import LaunchOptions

conda = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Configs = Annotated[
    list[Path] | None,
    typer.Option("--variant-config", "-m", help="A file of variants (conda_build_config.yaml)."),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", help="KEY=VALUE[,VALUE], or KEY:KEY=V:V[,V:V] for pairs."),
]
Python = Annotated[str, typer.Option("--python", help="Versions, such as 3.11,3.12.")]


def register(app: typer.Typer) -> None:
    conda_channel.register(conda)
    conda_package.register(conda)
    app.add_typer(conda, name="conda", help="Conda packages: build, test, index, upload.")


@conda.callback()
def group() -> None:
    """Conda packages, without conda."""


def variants_of(python: str, variants: list[str] | None) -> tuple[str, ...]:
    return (*([f"python={python}"] if python else ()), *(variants or ()))


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
    *,
    launch: LaunchOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the variants only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build recipes (recipe.yaml or meta.yaml) for every variant, test the packages, publish them.

    What did not change is not built again. A package without files, or with a failing test, does not
    reach the channel.
    """
    from devenv.workflows.conda_build import BuildRequest

    chosen, more = variants_of(python, variants), tuple(configs or ())
    wanted = tuple(channels or ())
    request = BuildRequest(tuple(recipes), chosen, more, wanted, output, priority)
    render_work(context, launch, "conda build", request, dry_run=dry_run, as_json=as_json)


@conda.command()
def convert(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="A folder or a meta.yaml.")],
    output: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
    python: Python = "",
    variants: Variants = None,
    configs: Configs = None,
    platforms: Annotated[str, typer.Option("--platform", help="Such as linux-64,osx-arm64.")] = "",
) -> None:
    """Write a meta.yaml as a recipe.yaml, with a note of each change."""
    from devenv.workflows.conda_convert import ConvertRequest
    from devenv.workflows.conda_convert import convert as workflow

    chosen = variants_of(python, variants)
    wanted = tuple(filter(None, platforms.split(",")))
    request = ConvertRequest(recipe, output, chosen, tuple(configs or ()), wanted)
    render(workflow(context_of(context), request))


@conda.command()
def ci(
    context: typer.Context,
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="In this repository.")],
    python: Python = "",
    variants: Variants = None,
    channels: Channels = None,
) -> None:
    """Print a workflow of GitHub Actions that builds the recipes on every platform.

    A platform on which the recipes are skipped is named in it, with the reason.
    """
    from devenv.workflows.conda_ci import ci as workflow

    chosen = variants_of(python, variants)
    render(workflow(context_of(context), recipes, chosen, tuple(channels or ())))

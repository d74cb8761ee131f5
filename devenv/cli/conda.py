"""devenv conda: build, convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli import conda_channel, conda_package
from devenv.cli.options import AsJson
from devenv.cli.render import render
from devenv.cli.state import context_of

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
def build(
    context: typer.Context,
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="Folders or files.")],
    python: Python = "",
    variants: Variants = None,
    configs: Configs = None,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", "-c", help="In order; repeat for more.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The channel that packages go to.")] = Path("output"),
    priority: Annotated[str, typer.Option(help="Of channels: strict or disabled.")] = "strict",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the variants only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build recipes (recipe.yaml or meta.yaml) for every variant, test the packages, publish them.

    What did not change is not built again. A package without files, or with a failing test, does not
    reach the channel.
    """
    from devenv.workflows.conda_build import BuildRequest
    from devenv.workflows.conda_build import build as workflow

    chosen, more = variants_of(python, variants), tuple(configs or ())
    request = BuildRequest(
        tuple(recipes), chosen, more, tuple(channels or ()), output, priority, dry=dry_run
    )
    render(workflow(context_of(context), request), as_json)


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

"""devenv conda: convert, ci."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.conda_channel import Channels
from devenv.cli.render import render
from devenv.cli.state import context_of

Configs = Annotated[
    list[Path] | None,
    typer.Option("--variant-config", "-m", help="A file of variants (conda_build_config.yaml)."),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", help="KEY=VALUE[,VALUE], or KEY:KEY=V:V[,V:V] for pairs."),
]
Python = Annotated[str, typer.Option("--python", help="Versions, such as 3.11,3.12.")]


def register(conda: typer.Typer) -> None:
    conda.command()(convert)
    conda.command()(ci)


def variants_of(python: str, variants: list[str] | None) -> tuple[str, ...]:
    """The values of ``--variant``, with ``--python`` as the first one if it is set."""
    return (*([f"python={python}"] if python else ()), *(variants or ()))


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

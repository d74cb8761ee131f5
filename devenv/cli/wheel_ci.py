"""devenv wheel ci github."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import WheelPolicy, WheelVariants, text
from devenv.cli.render import render
from devenv.cli.state import context_of

ci = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@ci.callback()
def group() -> None:
    """Workflows that build wheels."""


@ci.command()
def github(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="The project's directory in the repository.")
    ] = Path(),
    python: Annotated[str, text("3.11,3.12, 3* or all (default: all that fit).")] = "",
    arch: Annotated[
        str, text("x86_64, aarch64, macos-x86_64, macos-arm64; separated by commas (default: all).")
    ] = "",
    variant: WheelVariants = None,
    image: Annotated[
        str, typer.Option("--in", metavar="IMAGE", help="manylinux_2_28, or an image with {arch}.")
    ] = "",
    index: Annotated[str, text("Publish the wheels of a tag there, by trusted publishing.")] = "",
    policy: WheelPolicy = None,
) -> None:
    """Print a workflow of GitHub Actions that builds, checks, tests and publishes the wheels.

    Each interpreter on each architecture is a job; ccache and built wheels are kept between runs.
    """
    from devenv.workflows.wheel_ci import CiRequest, ci_github

    archs = tuple(filter(None, arch.split(",")))
    request = CiRequest(source, python, archs, tuple(variant or ()), image, index, policy)
    render(ci_github(context_of(context), request))

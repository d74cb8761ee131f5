"""devenv wheel build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import DryRun, WheelPolicy, WheelVariants, text
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.launch import LaunchOptions


@launch_options(*ON)
def build(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE|URL@REF", help="The project's directory or repository.")
    ] = ".",
    python: Annotated[str, text("3.11,3.12, 38, 3* or all (default: all that fit).")] = "",
    arch: Annotated[str, text("The architecture (default: this machine's).")] = "",
    variant: WheelVariants = None,
    where: Annotated[
        str, typer.Option("--in", metavar="IMAGE", help="A container image, zig, or here.")
    ] = "here",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where the wheels are put.")
    ] = Path("wheelhouse"),
    policy: WheelPolicy = None,
    report: Annotated[
        Path | None, typer.Option(help="Write an HTML page of what came of it.")
    ] = None,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Build wheels: a matrix of interpreters and variants, and only what changed.

    Each wheel is kept under a key of all that goes into it. In a container cibuildwheel builds, by the
    project's [tool.cibuildwheel]; [tool.devenv.wheel] says the rest.
    """
    from devenv.products.wheel.observe_matrix import Ask
    from devenv.workflows.wheel_build import WheelBuildRequest
    from devenv.workflows.work import Work, do

    ask = Ask(Path(), python, arch, tuple(variant or ()), where, policy)
    request = WheelBuildRequest(source, ask, output, report)
    render(do(context_of(context), Work("wheel build", request, dry_run=dry_run, launch=launch)))

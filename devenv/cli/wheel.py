"""devenv wheel: build, check, test, upload."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.cli.wheel_build import build
from devenv.cli.wheel_ci import ci
from devenv.cli.wheel_image import image, shell
from devenv.cli.wheel_test import test
from devenv.cli.wheel_upload import upload

wheel = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(
        wheel, name="wheel", help="Wheels of compiled packages: build, check, test, upload."
    )


@wheel.callback()
def group() -> None:
    """Wheels of compiled packages."""


wheel.command()(build)
wheel.command()(test)
wheel.command()(upload)
wheel.command()(shell)
wheel.add_typer(image, name="image", help="Images that wheels are built in.")
wheel.add_typer(ci, name="ci", help="Workflows that build wheels.")


@wheel.command()
def check(
    context: typer.Context,
    wheels: Annotated[list[Path], typer.Argument(metavar="WHEEL...", help="Files.")],
    against: Annotated[
        Path | None, typer.Option(help="An older wheel: say what changed since.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="A TOML file, or a pyproject.toml, with what is allowed and why."),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair RPATHs and RECORD in place.")] = False,
) -> None:
    """Check that a wheel finds its own libraries, and is what it says it is.

    devenv looks for every library that an ELF file of the wheel needs as the loader does, through the
    wheel's own RPATHs. It compares the platform tag with the symbols needed, and RECORD with the files.
    """
    from devenv.workflows.wheel import CheckRequest
    from devenv.workflows.wheel import check as workflow

    request = CheckRequest(tuple(wheels), against, policy, fix)
    render(workflow(context_of(context), request))

"""devenv wheel image and devenv wheel shell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import DryRun, text
from devenv.cli.render import render
from devenv.cli.state import context_of

image = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
Image = Annotated[str, typer.Argument(metavar="IMAGE", help="The image, as NAME:TAG.")]


@image.callback()
def group() -> None:
    """Images that wheels are built in."""


@image.command()
def build(
    context: typer.Context,
    name: Image = "localhost/devenv-wheel:latest",
    debian: Annotated[str, text("The release: bullseye, bookworm or trixie.")] = "bookworm",
    python: Annotated[str, text("3.11,3.12, 3* or all, of this machine (default: all).")] = "",
    package: Annotated[
        list[str] | None, typer.Option(help="A Debian package to install, such as libmpich-dev.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A Dockerfile to build instead.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Make a stand-in for a manylinux image from a Debian release and this machine's Pythons."""
    from devenv.workflows.wheel_image import ImageRequest, image_build

    request = ImageRequest(name, debian, python, tuple(package or ()), file)
    render(image_build(context_of(context), request, dry_run=dry_run))


@image.command("list")
def list_(context: typer.Context) -> None:
    """List the images that devenv made, and the tags that their wheels get."""
    from devenv.workflows.wheel_image import image_list

    render(image_list(context_of(context)))


@image.command()
def push(
    context: typer.Context,
    name: Image,
    target: Annotated[str, typer.Argument(metavar="HOST/NAME:TAG", help="In the registry.")],
    dry_run: DryRun = False,
) -> None:
    """Push an image to a registry."""
    from devenv.workflows.wheel_image import image_push

    render(image_push(context_of(context), name, target, dry_run=dry_run))


def shell(
    context: typer.Context,
    name: Image,
    source: Annotated[Path, typer.Option(help="The project's directory.")] = Path(),
    command: Annotated[str, text("A shell command to run in place of a shell.")] = "",
) -> None:
    """Open a shell in an image, with all that a build in it has mounted."""
    from devenv.workflows.wheel_image import shell as workflow

    words = ("sh", "-c", command) if command else ()
    raise typer.Exit(workflow(context_of(context), name, source, words))

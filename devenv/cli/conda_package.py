"""devenv conda: test, upload, carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.conda_channel import Channels
from devenv.cli.render import render
from devenv.cli.state import context_of

Packages = Annotated[list[Path], typer.Argument(metavar="PACKAGE...", help="Files.")]


def register(conda: typer.Typer) -> None:
    conda.command()(test)
    conda.command()(upload)
    conda.command()(carry)


def test(
    context: typer.Context,
    packages: Packages,
    channels: Channels = None,
    priority: Annotated[str, typer.Option(help="Of channels: strict or disabled.")] = "strict",
) -> None:
    """Run the tests of a package, each in a fresh environment from its channel and others."""
    from devenv.workflows.conda_test import CondaTestRequest
    from devenv.workflows.conda_test import test as workflow

    request = CondaTestRequest(tuple(packages), tuple(channels or ()), priority)
    render(workflow(context_of(context), request))


def upload(
    context: typer.Context,
    packages: Packages,
    channel: Annotated[
        str, typer.Option("--channel", "-c", help="The address that installers use, or a folder.")
    ],
    to: Annotated[
        str, typer.Option(help="quetz, anaconda, prefix, artifactory, s3 or folder.")
    ] = "folder",
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Upload packages to a channel, and check by hash what it hands out afterwards.

    The key of a server is in QUETZ_API_KEY, ANACONDA_API_KEY, PREFIX_API_KEY or ARTIFACTORY_TOKEN.
    S3 takes its credentials and AWS_ENDPOINT_URL from where the aws command does.
    """
    from devenv.workflows.conda_upload import CondaUploadRequest
    from devenv.workflows.conda_upload import upload as workflow

    request = CondaUploadRequest(tuple(packages), channel, to, force)
    render(workflow(context_of(context), request))


def carry(
    context: typer.Context,
    package: Annotated[Path, typer.Argument(help="A package file.")],
    folder: Annotated[Path, typer.Argument(help="The channel to make, or to add to.")],
    channels: Channels = None,
) -> None:
    """Put a package into a channel that can be taken to another machine.

    With channels, all that the package needs comes along.
    """
    from devenv.workflows.conda_upload import carry as workflow

    render(workflow(context_of(context), package, folder, tuple(channels or ())))

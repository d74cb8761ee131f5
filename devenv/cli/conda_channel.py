"""devenv conda: index, search, verify."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.render import render
from devenv.cli.state import context_of

Channels = Annotated[
    list[str] | None, typer.Option("--channel", "-c", help="In order; repeat for more.")
]


def register(conda: typer.Typer) -> None:
    conda.command()(index)
    conda.command()(search)
    conda.command()(verify)


def index(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="A folder, or s3://BUCKET/CHANNEL.")],
) -> None:
    """Index a channel. A file that is damaged, renamed or in the wrong subdir is named and left out.

    S3 takes its credentials and AWS_ENDPOINT_URL from where the aws command does.
    """
    from devenv.workflows.conda_channel import index as workflow

    render(workflow(context_of(context), channel))


def search(
    context: typer.Context,
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="Such as mpi4py=*=*_site.")],
    channels: Channels = None,
    priority: Annotated[str, typer.Option(help="Of channels: strict or disabled.")] = "strict",
    solve: Annotated[
        bool, typer.Option("--solve", help="What would be installed, and why.")
    ] = False,
) -> None:
    """List the packages that match, in every channel."""
    from devenv.workflows.conda_channel import SearchRequest
    from devenv.workflows.conda_channel import search as workflow

    request = SearchRequest(tuple(specs), tuple(channels or ()), priority, solve)
    render(workflow(context_of(context), request))


def verify(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Channels (also s3://, https://), packages or prefixes."
        ),
    ],
    channels: Channels = None,
) -> None:
    """Check names, subdirs, hashes and the index of a channel, and files that two packages install.

    A package file is checked against all that would be installed with it from the channels, a prefix
    against what its packages need from this host.
    """
    from devenv.workflows.conda_channel import verify as workflow

    render(workflow(context_of(context), tuple(paths), tuple(channels or ())))

"""devenv wheel test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import AsJson, text
from devenv.cli.render import render
from devenv.cli.state import context_of


def test(
    context: typer.Context,
    python: Annotated[str, typer.Argument(metavar="PYTHON", help="3.11, a path, or all.")],
    what: Annotated[
        str, typer.Argument(metavar="WHEEL|REQUIREMENT", help="A file, or a requirement.")
    ],
    index: Annotated[str, text("The address of the index to install from.")] = "",
    find_links: Annotated[
        list[Path] | None, typer.Option(help="A directory of wheels for what it needs.")
    ] = None,
    with_index: Annotated[
        bool, typer.Option("--with-index", help="What the file needs comes from the index.")
    ] = False,
    project: Annotated[
        Path | None, typer.Option(help="A source tree, whose own tests are run as well.")
    ] = None,
    mpi: Annotated[
        list[Path] | None, typer.Option(help="The prefix of an MPI beside those on PATH.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report.")] = None,
    as_json: AsJson = False,
) -> None:
    """Install a wheel into a fresh environment and test what it can do.

    Each step runs, or is skipped by name with the reason; what needs MPI runs on two ranks of every MPI.
    A wheel's file is installed without an index.
    """
    from devenv.workflows.wheel_test import WheelTestRequest
    from devenv.workflows.wheel_test import test as workflow

    request = WheelTestRequest(
        *(python, what, index, tuple(find_links or ()), with_index, project),
        *(tuple(mpi or ()), junit),
    )
    render(workflow(context_of(context), request), as_json)

"""devenv wheel test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import text
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.launch import LaunchOptions


@launch_options(*ON)
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
        list[str] | None, typer.Option(help="A prefix or module of an MPI beside those on PATH.")
    ] = None,
    modules: Annotated[str, text("Modules to load first, separated by commas.")] = "",
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report.")] = None,
    *,
    launch: LaunchOptions,
) -> None:
    """Install a wheel into a fresh environment and test what it can do.

    Each step runs, or is skipped by name with the reason; what needs MPI runs on two ranks of every MPI.
    A wheel's file is installed without an index. With --on a job does all of it, on one node.
    """
    from devenv.workflows.wheel_test import WheelTestRequest
    from devenv.workflows.work import Work, do

    request = WheelTestRequest(
        *(python, what, index, tuple(find_links or ()), with_index, project),
        *(tuple(mpi or ()), tuple(filter(None, modules.split(","))), junit),
    )
    launch = replace(launch, job=replace(launch.job, threads=2)) if launch.on else launch
    render(do(context_of(context), Work("wheel test", request, launch=launch)))

"""devenv test."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.launch_options import JOB, launch_options
from devenv.cli.options import DryRun, EnvironmentOption, ModelName, NoBuild, Ranks
from devenv.cli.render import render
from devenv.cli.state import context_of, rest_of, worked
from devenv.cli.takes_command import BehindDashes
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command(cls=BehindDashes)(test)


@launch_options("on", *JOB, "max_wait", "launcher")
def test(
    context: typer.Context,
    tests: Annotated[
        str, typer.Option("-e", help="A tox environment, or a profile (see --list).")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="A profile, also where a tox environment has its name.")
    ] = "",
    env: EnvironmentOption = None,
    package: Annotated[
        str | None, typer.Option(help="Which developed package, where there are several.")
    ] = None,
    ranks: Ranks = 0,
    *,
    launch: LaunchOptions,
    with_neuron: Annotated[
        str | None, typer.Option("--with", help="Another NEURON, such as neuron-nightly.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="What there is to run.")] = False,
    no_build: NoBuild = False,
    model: ModelName = "",
    dry_run: DryRun = False,
) -> None:
    """Run a developed package's tests. Such as: devenv test -e bb5 [-- PYTEST_ARGUMENTS]."""
    from devenv.testing.selection import TestRequest
    from devenv.workflows.test import list_tests
    from devenv.workflows.work import Work, do

    if list_only:
        render(worked(context, env, partial(list_tests, package=package), dry_run))
        return
    request = TestRequest(
        tests=tests,
        profile=profile,
        package=package or "",
        ranks=ranks,
        neuron=with_neuron or "",
        no_build=no_build,
        model=model,
        arguments=rest_of(context),
    )
    work = Work("test", request, environment=env, ranks=ranks, dry_run=dry_run, launch=launch)
    render(do(context_of(context), work))

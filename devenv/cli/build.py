"""devenv build."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import typer

from devenv.cli import build_options as own
from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import DryRun, Jobs
from devenv.cli.render import render
from devenv.cli.state import context_of, env_of, worked
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command()(build)


@launch_options("nodes", *ON)
def build(
    context: typer.Context,
    spec: own.Spec = None,
    called: own.Called = "",
    jobs: Jobs = 0,
    update: own.Update = False,
    force: own.Force = False,
    store: own.Stores = None,
    mods: own.OwnMods = None,
    no_mods: own.NoMods = None,
    include: own.IncludedMods = None,
    strict: own.Strict = None,
    why: own.Why = False,
    watch: own.Watch = False,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Compile the environment's models: only what changed."""
    from devenv.core.spec import split_spec
    from devenv.environment.build_request import BuildRequest

    name, variants = split_spec(spec or ())
    request = BuildRequest(
        *(variants, called, None, jobs, update, tuple(store or ()), tuple(mods or ())),
        *(tuple(no_mods or ()), tuple(include or ())),
        strict=strict,
        force=force,
    )
    if why:
        from devenv.upkeep.build import why as reasons

        render(reasons(env_of(context, name or None), request))
    elif watch and not dry_run:
        from devenv.workflows.watch import watch as watching

        render(worked(context, name or None, partial(watching, request=request)))
    else:
        from devenv.workflows.work import Work, do

        launch = replace(launch, job=replace(launch.job, threads=jobs))
        work = Work("build", request, environment=name or None, dry_run=dry_run, launch=launch)
        render(do(context_of(context), work))

"""devenv build."""

from __future__ import annotations

from functools import partial

import typer

from devenv.cli import build_options as own
from devenv.cli import launch_options as options
from devenv.cli.options import DryRun, Jobs
from devenv.cli.render import render
from devenv.cli.state import env_of, worked


def register(app: typer.Typer) -> None:
    app.command()(build)


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
    on: options.On = "",
    nodes: options.Nodes = 0,
    account: options.Account = "",
    partition: options.Partition = "",
    constraint: options.Constraint = "",
    time: options.Time = "",
    dry_run: DryRun = False,
) -> None:
    """Compile the environment's models: only what changed."""
    from devenv.core.spec import split_spec
    from devenv.environment.build_request import BuildRequest
    from devenv.workflows.build import build as workflow

    name, variants = split_spec(spec or ())
    request = BuildRequest(
        *(variants, called, None, jobs, update, tuple(store or ()), tuple(mods or ())),
        *(tuple(no_mods or ()), tuple(include or ())),
        strict=strict,
        force=force,
    )
    if on not in ("", "local"):
        from devenv.workflows.alloc import BuildJob, build_on

        job = BuildJob(tuple(spec or ()), request, why, dry_run)
        asked = options.asked((nodes, jobs, 0, time, account, partition, constraint, False), on)
        render(worked(context, name or None, lambda env: build_on(env, on, job, asked), dry_run))
    elif why:
        from devenv.workflows.why import why as reasons

        render(reasons(env_of(context, name or None), request))
    elif watch and not dry_run:
        from devenv.workflows.watch import watch as watching

        render(worked(context, name or None, partial(watching, request=request)))
    else:
        verb = partial(workflow, request=request, dry_run=dry_run)
        render(worked(context, name or None, verb, dry_run))

"""devenv build."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli import launch_options as options
from devenv.cli.options import (
    DryRun,
    IncludedMods,
    Jobs,
    NoMods,
    OwnMods,
    Stores,
    Strict,
    environment_names,
)
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(build)


def build(
    context: typer.Context,
    spec: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME][VARIANTS]",
            help="The environment (default: the activated one, or the only one), and a model of it"
            " by its variants: neocortex+coreneuron model=neocortex +plasticity.",
            autocompletion=environment_names,
            show_default=False,
        ),
    ] = None,
    called: Annotated[
        str, typer.Option("--as", metavar="MODEL", help="Name for the model of these variants.")
    ] = "",
    jobs: Jobs = 0,
    update: Annotated[
        bool, typer.Option("--update", help="Also take newer packages, as far as allowed.")
    ] = False,
    store: Stores = None,
    mods: OwnMods = None,
    no_mods: NoMods = None,
    include: IncludedMods = None,
    strict: Strict = None,
    why: Annotated[
        bool, typer.Option("--why", help="Say what changed and what is to be done; do nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build again whenever a MOD file is saved.")
    ] = False,
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
    from devenv.workflows.build import build as workflow
    from devenv.workflows.built import BuildRequest

    name, variants = split_spec(spec or ())
    request = BuildRequest(
        *(variants, called, None, jobs, update, tuple(store or ()), tuple(mods or ())),
        *(tuple(no_mods or ()), tuple(include or ())),
        strict=strict,
    )
    if on not in ("", "local"):
        from devenv.workflows.alloc import BuildJob, build_on

        job = BuildJob(name or None, tuple(spec or ()), request, why, dry_run)
        asked = options.asked((nodes, jobs, 0, time, account, partition, constraint, False), on)
        render(build_on(context_of(context), on, job, asked))
    elif why:
        from devenv.workflows.why import why as reasons

        render(reasons(context_of(context), name or None, request))
    elif watch and not dry_run:
        from devenv.workflows.watch import watch as watching

        render(watching(context_of(context), name or None, request))
    else:
        render(workflow(context_of(context), name or None, request, dry_run=dry_run))

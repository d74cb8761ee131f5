"""devenv prune, devenv du."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import DryRun
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(prune)
    app.command()(du)


def prune(
    context: typer.Context,
    keep: Annotated[
        int,
        typer.Option(
            min=0, help="First remove all generations but the last so many (default: none)."
        ),
    ] = 0,
    packages: Annotated[
        bool, typer.Option("--packages", help="Also Spack's packages that no environment has.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Remove what nothing uses, and what killed builds left.

    Packages, NEURON, models, overlays, clones, Spack's files and logs: everything in the store that no
    environment, test profile, job or running process refers to.
    """
    from devenv.upkeep.garbage import PruneRequest
    from devenv.workflows.prune import prune as workflow

    request = PruneRequest(keep, packages)
    render(workflow(context_of(context), request, dry_run=dry_run))


def du(context: typer.Context) -> None:
    """Show what takes room in the store, and whose it is."""
    from devenv.workflows.prune import usage

    render(usage(context_of(context)))

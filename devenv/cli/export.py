"""devenv export."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentName
from devenv.cli.render import render
from devenv.cli.state import done_in, env_of
from devenv.core.errors import UsageError

KINDS = "modulefile, modulefile-lua, envrc, dotenv, vscode, jupyter, json"


def register(app: typer.Typer) -> None:
    app.command()(export)


def export(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{KINDS}.")],
    name: EnvironmentName = None,
    write: Annotated[
        str,
        typer.Option(
            metavar="[DIRECTORY]",
            help="Merge it into the files there (default: this directory): modulefile, envrc, vscode.",
            show_default=False,
        ),
    ] = "",
    install: Annotated[bool, typer.Option("--install", help="Install a kernel: jupyter.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Write or print the environment for another tool. Such as: devenv export vscode NAME --write."""
    from devenv.workflows import export as workflows

    if write and install:
        raise UsageError("--write and --install exclude each other", fix="Omit one of them.")
    if write:
        verb = partial(workflows.write_export, kind=kind, folder=write)
        return render(done_in(context, name, verb, dry_run))
    if install:
        return render(done_in(context, name, partial(workflows.install_kernel, kind=kind), dry_run))
    return render(workflows.export(env_of(context, name), kind))

"""devenv adopt."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.options import DryRun
from devenv.cli.render import render
from devenv.cli.state import context_of


def register(app: typer.Typer) -> None:
    app.command()(adopt)


def adopt(
    context: typer.Context,
    path: Annotated[str, typer.Argument(help="A folder with a spack.yaml, or the file itself.")],
    name: Annotated[
        str, typer.Option(help="Name of the environment (default: the folder's).")
    ] = "",
    dry_run: DryRun = False,
) -> None:
    """Adopt a Spack environment that exists, as it is.

    Its spack.yaml stays where it is and is the request: edit it, then devenv build. Its spack.lock, if
    there is one, says what is installed. `spack -e` works on it as before.
    """
    from devenv.workflows.adopt import AdoptRequest, adopt

    request = AdoptRequest(path, name)
    render(adopt(context_of(context), request, dry_run=dry_run))

"""devenv wheel upload."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.render import render
from devenv.cli.state import context_of


def upload(
    context: typer.Context,
    wheels: Annotated[list[Path], typer.Argument(metavar="WHEEL...", help="Files.")],
    index: Annotated[
        str, typer.Option(metavar="NAME|URL", help="Of pyproject.toml or .pypirc, or a URL.")
    ],
    policy: Annotated[
        Path | None, typer.Option(help="The TOML file with the allowances and indexes.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare, send nothing.")
    ] = False,
) -> None:
    """Check wheels, send them to an index, and compare what is online with what was sent.

    A file that is online already is skipped; other content under the same name is refused before
    anything is sent. Credentials: UV_PUBLISH_*, TWINE_*, the URL, .pypirc, .netrc or keyring.
    """
    from devenv.workflows.wheel_upload import WheelUploadRequest
    from devenv.workflows.wheel_upload import upload as workflow

    request = WheelUploadRequest(tuple(wheels), index, policy, dry_run)
    render(workflow(context_of(context), request))

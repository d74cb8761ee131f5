"""The options of devenv spack setup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from devenv.cli.options import text

Specs = Annotated[
    list[str] | None,
    typer.Argument(help="As py-neurodamus@4.2.9; all that is asked for.", show_default=False),
]


@dataclass(frozen=True)
class SetupOptions:
    """Which Spack is used."""

    url: Annotated[str, text("Repository of Spack.")] = ""
    ref: Annotated[str, text("Commit, branch or tag.")] = ""
    packages_url: Annotated[str, text("Repository of its recipes.")] = ""
    packages_ref: Annotated[str, text("Likewise.")] = ""
    root: Annotated[str, text("Use the Spack in this folder.")] = ""
    packages_root: Annotated[str, text("Use the recipes in this folder.")] = ""

"""The options of devenv config."""

from __future__ import annotations

from typing import Annotated

import typer

Key = Annotated[str, typer.Argument(metavar="KEY", help="The setting: see devenv config show.")]
Project = Annotated[
    bool, typer.Option("--project", help="In .devenv.yaml at the root of this repository.")
]
User = Annotated[bool, typer.Option("--user", help="In your own config.yaml (the default).")]
InEnvironment = Annotated[
    str, typer.Option("--environment", metavar="NAME", help="For this environment alone.")
]

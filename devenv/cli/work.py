"""devenv _work, which a job starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from devenv.cli.render import render
from devenv.cli.state import CURRENT, context_of


def register(app: typer.Typer) -> None:
    app.command("_work", hidden=True)(work)


def work(context: typer.Context, file: Path) -> None:
    """Do the work that devenv wrote to a file."""
    from devenv.workflows.work import decoded, do

    shown, asked = decoded(context_of(context), file)
    command = f"devenv {asked.verb}"
    CURRENT.set(replace(CURRENT.get(), command=command, as_json=shown.as_json))
    render(do(shown, asked))

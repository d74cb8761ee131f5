"""Verbs with work to do, here or at another place; and devenv _work, which a job starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from devenv.cli.render import render
from devenv.cli.state import CURRENT, context_of
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command("_work", hidden=True)(work)


def work(context: typer.Context, file: Path) -> None:
    """Do the work that devenv wrote to a file."""
    from devenv.workflows.work import VERBS, decoded

    shown, asked = decoded(context_of(context), file)
    command = f"devenv {asked.verb}"
    CURRENT.set(replace(CURRENT.get(), command=command, as_json=shown.as_json))
    render(VERBS[asked.verb]().do(shown, asked))


def render_work(
    context: typer.Context, launch: LaunchOptions, verb: str, request: object, **more: Any
) -> None:
    """Do the work of a verb where it was asked for. more: as in `devenv.workflows.work.Work`."""
    from devenv.workflows.work import Work, do

    render(do(context_of(context), Work(verb, request, launch=launch, **more)))

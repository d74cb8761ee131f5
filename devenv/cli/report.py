"""devenv report."""

from __future__ import annotations

from typing import Annotated

import typer

from devenv.cli.render import render
from devenv.cli.state import State, context_of
from devenv.core.result import Result


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="Which report; 1 is the newest.")] = 1,
    in_browser: Annotated[bool, typer.Option("--open", help="Show it in a web browser.")] = False,
) -> None:
    """Show where the report of the last work is.

    build, test, create, develop, wheel build, conda build and spack setup each write a page with a
    timeline of the steps, what was made and why, findings and logs. The last 20 are kept until
    devenv prune.
    """
    from devenv.workflows.report import report as workflow

    render(workflow(context_of(context), number, in_browser=in_browser))


def keep(state: State, code: int) -> None:
    """Leave a report of what the command did, if it did anything."""
    made = state.context
    command = state.command.removeprefix("devenv ")
    if made is None or made.dry is not None or not made.trace.steps:
        return
    from devenv.workflows.report import REPORTED, keep_report

    if command in REPORTED:
        words = ("devenv", *state.typed)
        result = state.result or Result()
        keep_report(made, words, state.begin, result, code=code, error=state.error)

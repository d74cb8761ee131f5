"""Questions to a person at a terminal."""

from __future__ import annotations

import typer

from devenv.system.idle import terminal_of_others


def confirm(question: str) -> None:
    """Ask on standard error, and abort the command unless the answer is yes."""
    with terminal_of_others():
        typer.confirm(question, abort=True, err=True)

"""What a command is called with beside its own options: the process's variables and the ``--`` rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from devenv.config.context import Context
    from devenv.core.result import Result
    from devenv.environment.handle import Env


@dataclass
class State:
    """One call of the program.

    typed: what was before ``--``. rest: what came after it, or the user's command. dashes: whether
    there was a ``--``. verbose: 1 for what is run, 2 also for what from. color: auto, always or never.
    command: its whole name, as it was resolved. begin: of the call, in seconds since the epoch. context,
    result, error: what the command works with, and its result, for the report.
    """

    environ: dict[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    quiet: bool = False
    verbose: int = 0
    dashes: bool = False
    color: str = "auto"
    as_json: bool = False
    events: bool = False
    live: bool = False
    command: str = "devenv"
    begin: float = field(default_factory=time.time)
    context: Context | None = None
    result: Result | None = None
    error: str = ""


CURRENT: ContextVar[State] = ContextVar("CURRENT", default=State())  # noqa: B039 - read only
"""The call that is in progress."""


def context_of(typer_context: typer.Context) -> Context:
    """The workflows' context for this call; made late, since it imports the settings.

    StateError where the working directory was deleted.
    """
    from devenv.config.context import make_context
    from devenv.core.errors import StateError

    state = typer_context.find_object(State)
    assert state is not None
    try:
        cwd = Path.cwd()
    except OSError as error:
        raise StateError(
            f"the current directory cannot be used: {error.strerror}",
            fix="Change to one that exists: cd",
        ) from None
    state.context = make_context(
        state.environ,
        cwd,
        quiet=state.quiet,
        verbose=state.verbose,
        events=state.events,
        as_json=state.as_json,
        live=state.live,
    )
    return state.context


def done(typer_context: typer.Context, verb: Callable[[Context], Result], dry_run: bool) -> Result:
    """The result of `verb`; in a dry run what it would do."""
    from devenv.store.carry import rehearse

    context = context_of(typer_context)
    return rehearse(context, verb) if dry_run else verb(context)


def done_in(
    typer_context: typer.Context, name: str | None, verb: Callable[[Env], Result], dry_run: bool
) -> Result:
    """As `done`, for a verb of one environment."""
    from devenv.upkeep.project import ready

    return done(typer_context, lambda context: verb(ready(context, name)), dry_run)


def env_of(typer_context: typer.Context, name: str | None) -> Env:
    """The environment that a command is about: see `devenv.environment.handle.open_env`."""
    from devenv.environment.handle import open_env

    return open_env(context_of(typer_context), name)


def worked(
    typer_context: typer.Context,
    name: str | None,
    verb: Callable[[Env], Result],
    dry_run: bool = False,
) -> Result:
    """The result of a verb that works in an environment: a project's is made first, where it is not.

    dry_run: what making it takes, where it is not made; else `verb` itself knows that it is a dry run.
    """
    from devenv.upkeep.project import planned, ready

    context = context_of(typer_context)
    found = planned(context, name) if dry_run else None
    return found or verb(ready(context, name))


def rest_of(typer_context: typer.Context) -> tuple[str, ...]:
    """What came after ``--``."""
    state = typer_context.find_object(State)
    return state.rest if state else ()

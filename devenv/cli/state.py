"""What a command is called with beside its own options: the process's variables and the ``--`` rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from devenv.config.context import Context
    from devenv.environment.handle import Env


@dataclass
class State:
    """One call of the program. typed: what stood before ``--``, rest: what stood behind it."""

    environ: dict[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    quiet: bool = False


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
            f"the folder that we are in cannot be used: {error.strerror}",
            fix="Go to one that is there: cd",
        ) from None
    return make_context(state.environ, cwd, quiet=state.quiet)


def env_of(typer_context: typer.Context, name: str | None) -> Env:
    """The environment that a command is about: see `devenv.environment.handle.open_env`."""
    from devenv.environment.handle import open_env

    return open_env(context_of(typer_context), name)


def rest_of(typer_context: typer.Context) -> tuple[str, ...]:
    """What stood behind ``--``."""
    state = typer_context.find_object(State)
    return state.rest if state else ()

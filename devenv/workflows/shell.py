"""devenv shell."""

from __future__ import annotations

from pathlib import PurePath
from typing import NoReturn

from devenv.environment.activation import (
    active_variables,
    dialect_of,
    script_of,
    scripts_of,
    selected_model,
)
from devenv.environment.handle import Env
from devenv.system import host, process
from devenv.upkeep.ready import ready_generation


def shell(env: Env, asked: str = "", model: str = "") -> NoReturn:
    """Become the user's shell ($SHELL, or `asked`), active after its own start-up files.

    One that reads its commands from a pipe or a file reads none of these, and starts active.
    model: a further one, by its name or its variants.
    """
    context = env.context
    generation = ready_generation(env, no_build=False, model=model, lease=False)
    program = asked or context.environ.get("SHELL") or "sh"
    dialect = dialect_of(PurePath(program).name)
    if not host.is_terminal():
        process.exec_((program,), active_variables(context, generation))
    folder = scripts_of(env, generation, selected_model(env, model))
    script = script_of(folder, dialect, generation.name)
    session = dialect.session(str(folder.root), str(script), context.environ)
    process.exec_((program, *session.arguments), {**context.environ, **dict(session.variables)})

"""devenv shell."""

from __future__ import annotations

from pathlib import PurePath
from typing import NoReturn

from devenv.system import process
from devenv.workflows.activate import dialect_of
from devenv.workflows.context import Context, chosen
from devenv.workflows.run import prepared


def shell(context: Context, name: str | None, asked: str = "") -> NoReturn:
    """Become the user's shell ($SHELL, or `asked`), active after its own start-up files."""
    name = chosen(context, name)
    generation = prepared(context, name, no_build=False)
    program = asked or context.environ.get("SHELL") or "sh"
    dialect = dialect_of(PurePath(program).name)
    folder = context.layout.env(name).generation(generation.number)
    session = dialect.session(
        str(folder.root), str(folder.activation(dialect.suffix)), context.environ
    )
    process.exec_((program, *session.arguments), {**context.environ, **dict(session.variables)})

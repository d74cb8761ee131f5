"""devenv activate, deactivate and shell-init; and the activation of a process of ours."""

from __future__ import annotations

from devenv.core.delta import apply, invert, revert
from devenv.core.environment import Generation
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.shells import DIALECTS, Dialect
from devenv.shells.program import RECORD
from devenv.shells.record import decode, encode
from devenv.workflows.context import Context, chosen, load_generation


def activated(context: Context, generation: Generation) -> dict[str, str]:
    """The process's variables with the environment active, whatever was active before."""
    environ = dict(context.environ)
    if environ.get(RECORD):
        environ = revert(decode(environ.pop(RECORD)), environ)
    record = encode(invert(generation.delta, environ))
    return {**apply(generation.delta, environ), RECORD: record}


def activate(context: Context, name: str | None, shell: str) -> Result:
    """The code that activates the environment in the shell that evaluates it."""
    dialect = _dialect(shell)
    generation = load_generation(context, chosen(context, name))
    return Result((dialect.activation_script(generation),))


def deactivate(shell: str) -> Result:
    """The code that puts back what was there before the activation."""
    return Result((_dialect(shell).deactivation_script(),))


def shell_init(context: Context, shell: str) -> Result:
    """The shell function that activates without starting Python."""
    return Result((_dialect(shell).shell_init(str(context.layout.home)),))


def _dialect(shell: str) -> Dialect:
    if shell not in DIALECTS:
        raise unknown("shell", shell, DIALECTS)
    return DIALECTS[shell]

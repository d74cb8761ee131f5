"""devenv activate, deactivate, shell-init and shell-hook; and the activation of a process of ours."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.result import Result
from devenv.environment.activation import (
    active_variables,
    dialect_of,
    script_of,
    scripts_of,
    selected_model,
)
from devenv.environment.handle import Env, open_env
from devenv.environment.intact import require_intact
from devenv.environment.mark import edited_since
from devenv.shells.completion import completion_script
from devenv.sources.presence import require_overlaid


def activate(env: Env, shell: str, model: str = "") -> Result:
    """The code that activates the environment in the shell that evaluates it: it sources its script.

    model: a further one in place of its own, by its name or its variants.
    """
    dialect = dialect_of(shell)
    generation = env.generation
    require_overlaid(generation)
    require_intact(env.context, generation)
    if edited_since(env.layout):
        env.context.say(
            f"note: {env.layout.request} was edited since the build that is activated;"
            f" for what it asks now: devenv build {generation.name}"
        )
    folder = scripts_of(env, generation, selected_model(env, model))
    script = script_of(folder, dialect, generation.name)
    return Result((dialect.source(str(script)).rstrip(),))


def refresh(context: Context, shell: str) -> Result:
    """The code that activates once more what is active, as it was built last. StateError: nothing is."""
    name = context.environ.get("DEVENV_ENV")
    if not name:
        raise StateError("no environment is active in this shell", fix="devenv activate NAME")
    return activate(open_env(context, name), shell)


def deactivate(shell: str) -> Result:
    """The code that puts back what was there before the activation."""
    return Result((dialect_of(shell).deactivation_script().rstrip(),))


def shell_init(context: Context, shell: str, completer: Sequence[str]) -> Result:
    """The shell function that activates without starting Python, and completion.

    completer: the command that prints candidates, see `devenv.shells.completion`.
    """
    dialect = dialect_of(shell)
    function = dialect.shell_init(str(context.layout.home)).rstrip()
    completion = completion_script(dialect.name, completer).rstrip()
    separator = "; " if dialect.name == "tcsh" else "\n"
    return Result((separator.join(filter(None, (function, completion))),))


def shell_hook(env: Env, shell: str) -> Result:
    """What an activation makes of the caller's variables: code that exports them, and as data.

    For IDEs and direnv, which watch the variables themselves: it defines no function, and undoes what
    was active.
    """
    dialect = dialect_of(shell)
    context, generation = env.context, env.generation
    require_intact(context, generation)
    after = active_variables(context, generation)
    names = sorted({*context.environ, *after})
    changed = [(n, after.get(n)) for n in names if after.get(n) != context.environ.get(n)]
    return Result((dialect.assignments(changed).rstrip(),), data={"variables": dict(changed)})


def evaluation(typed: Sequence[str], shell: str, login: str) -> str:
    """What to type so that a shell evaluates the code that ``devenv TYPED...`` prints.

    shell: whose code it is. login: the user's own shell ($SHELL), where `typed` names none.
    """
    own = login.rpartition("/")[2]
    if shell == "sh" and "--shell" not in " ".join(typed) and own in _EVALUATED:
        typed, shell = (*typed, "--shell", own), own
    return _EVALUATED.get(shell, 'eval "$({})"').format(shlex.join(["devenv", *typed]))


_EVALUATED = {"fish": "{} | source", "tcsh": "eval `{}`", "csh": "eval `{}`"}

"""devenv activate, deactivate, shell-init, shell-hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from devenv.cli.options import AsJson, EnvironmentName, ModelName, one_of
from devenv.cli.render import render
from devenv.cli.state import context_of
from devenv.core.errors import DevenvError
from devenv.core.result import Result

_KNOWN = "bash, zsh, fish, tcsh or sh"
Shell = Annotated[
    str,
    typer.Option(
        "--shell",
        help=f"Whose code to print: {_KNOWN} (bash and zsh read sh's too).",
        autocompletion=one_of(_KNOWN),
    ),
]
ShellName = Annotated[str, typer.Argument(help=f"{_KNOWN}.", autocompletion=one_of(_KNOWN))]


def register(app: typer.Typer) -> None:
    app.command()(activate)
    app.command()(refresh)
    app.command()(deactivate)
    app.command("shell-init")(shell_init)
    app.command("shell-hook")(shell_hook)


def activate(
    context: typer.Context, name: EnvironmentName = None, shell: Shell = "sh", model: ModelName = ""
) -> None:
    """Print the shell code that activates. Use it so: eval "$(devenv activate NAME)"."""
    from devenv.workflows.activate import activate as workflow

    _render(lambda: workflow(context_of(context), name, shell, model))


def refresh(context: typer.Context, shell: Shell = "sh") -> None:
    """Take up what was built since, or rolled back. Or: eval "$(devenv refresh)"."""
    from devenv.workflows.activate import refresh as workflow

    _render(lambda: workflow(context_of(context), shell))


def deactivate(context: typer.Context, shell: Shell = "sh") -> None:
    """Put everything back. In an activated shell: devenv deactivate, as it stands."""
    from devenv.workflows.activate import deactivate as workflow

    _render(lambda: workflow(shell))


def shell_init(context: typer.Context, shell: ShellName = "bash") -> None:
    """Print the shell function. For your start-up file: eval "$(devenv shell-init bash)"."""
    from devenv.workflows.activate import shell_init as workflow

    _render(lambda: workflow(context_of(context), shell))


def shell_hook(
    context: typer.Context,
    name: EnvironmentName = None,
    shell: Shell = "sh",
    as_json: AsJson = False,
) -> None:
    """Print what an activation changes, for IDEs and direnv."""
    from devenv.workflows.activate import shell_hook as workflow

    if as_json:
        render(workflow(context_of(context), name, shell), as_json)
    else:
        _render(lambda: workflow(context_of(context), name, shell))


def _render(workflow: Callable[[], Result]) -> None:
    """An error is code to evaluate as well: `eval "$(...)"` has the exit code of that code alone."""
    try:
        result = workflow()
    except DevenvError:
        print("false")
        raise
    render(result)

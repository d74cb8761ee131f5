"""devenv shell-init and shell-hook."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from devenv.cli.options import AsJson, EnvironmentName, Shell, ShellName
from devenv.cli.render import render, render_code
from devenv.cli.state import context_of, env_of


def register(app: typer.Typer) -> None:
    app.command("shell-init")(shell_init)
    app.command("shell-hook")(shell_hook)


def shell_init(context: typer.Context, shell: ShellName = "bash") -> None:
    """Print the shell function, and completion. In start-up files: eval "$(devenv shell-init bash)"."""
    from devenv.workflows.activate import shell_init as workflow

    completer = (sys.executable, "-I", "-S", str(Path(__file__).with_name("complete.py")))
    render_code(context, lambda: workflow(context_of(context), shell, completer))


def shell_hook(
    context: typer.Context,
    name: EnvironmentName = None,
    shell: Shell = "sh",
    as_json: AsJson = False,
) -> None:
    """Print what an activation changes, for IDEs and direnv."""
    from devenv.workflows.activate import shell_hook as workflow

    if as_json:
        render(workflow(env_of(context, name), shell), as_json)
    else:
        render_code(context, lambda: workflow(env_of(context, name), shell))

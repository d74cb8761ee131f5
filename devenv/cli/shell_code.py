"""devenv shell-init, shell-setup and shell-hook."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentName, Shell, ShellName
from devenv.cli.question import confirm
from devenv.cli.render import render, render_code
from devenv.cli.state import CURRENT, context_of, done, env_of
from devenv.core.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command("shell-init")(shell_init)
    app.command("shell-hook")(shell_hook)
    app.command("shell-setup")(shell_setup)


def shell_init(context: typer.Context, shell: ShellName = "bash") -> None:
    """Print the shell function, and completion. In start-up files: eval "$(devenv shell-init bash)"."""
    from devenv.workflows.activate import shell_init as workflow

    completer = (sys.executable, "-I", "-S", str(Path(__file__).with_name("complete.py")))
    render_code(context, lambda: workflow(context_of(context), shell, completer))


def shell_setup(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(help="bash, zsh, fish or tcsh (default: yours).")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Set your shell up for good, or undo it.

    devenv adds the line of shell-init to its start-up file, after it has shown the diff.
    """
    from devenv.workflows.shell_setup import apply_setup
    from devenv.workflows.shell_setup import shell_setup as workflow

    setup = workflow(context_of(context), shell, undo=undo)
    if setup.diff and not (yes or dry_run):
        typer.echo("\n".join(setup.diff), err=True)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError("shell-setup edits a file of yours", fix="To do so: --yes")
        confirm(f"Write {setup.path}?")
    render(done(context, lambda made: apply_setup(made, setup), dry_run))


def shell_hook(
    context: typer.Context,
    name: EnvironmentName = None,
    shell: Shell = "sh",
) -> None:
    """Print what an activation changes, for IDEs and direnv."""
    from devenv.workflows.activate import shell_hook as workflow

    if CURRENT.get().as_json:
        render(workflow(env_of(context, name), shell))
    else:
        render_code(context, lambda: workflow(env_of(context, name), shell))

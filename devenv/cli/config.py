"""devenv config."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from devenv.cli.config_options import InEnvironment, Key, Project, User
from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import context_of, done

if TYPE_CHECKING:
    from devenv.workflows.config import SettingsScope


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Settings, and where each of them comes from.")
    group.command()(show)
    group.command("set")(set_)
    group.command()(unset)
    app.add_typer(group, name="config")


def show(context: typer.Context, env: EnvironmentOption = None) -> None:
    """Each setting, its value, and the file and line it comes from."""
    from devenv.workflows import config

    render(config.show(context_of(context), env))


def set_(
    context: typer.Context,
    key: Key,
    values: Annotated[
        list[str] | None, typer.Argument(metavar="VALUE...", help="Its value; some take several.")
    ] = None,
    user: User = False,
    project: Project = False,
    environment: InEnvironment = "",
    dry_run: DryRun = False,
) -> None:
    """Set one. A value that begins with '-' stands behind '--'."""
    from devenv.cli.state import rest_of
    from devenv.workflows import config

    words = (*(values or ()), *rest_of(context))
    place = _place(user, project, environment)
    verb = partial(config.set_, key=key, values=words, place=place)
    render(done(context, verb, dry_run))


def unset(
    context: typer.Context,
    key: Key,
    user: User = False,
    project: Project = False,
    environment: InEnvironment = "",
    dry_run: DryRun = False,
) -> None:
    """Take one out of its file."""
    from devenv.workflows import config

    verb = partial(config.unset, key=key, place=_place(user, project, environment))
    render(done(context, verb, dry_run))


def _place(user: bool, project: bool, environment: str) -> SettingsScope:
    from devenv.core.errors import UsageError
    from devenv.workflows.config import SettingsScope

    if user + project + bool(environment) > 1:
        raise UsageError("--user, --project and --environment exclude each other")
    return SettingsScope(project, environment)

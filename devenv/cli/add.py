"""devenv add, remove-package, mods."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import done

mods = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
Requirements = Annotated[list[str], typer.Argument(help="As pip writes them: 'scipy>=1.11'.")]
Folders = Annotated[list[str], typer.Argument(help="Folders with MOD files.")]


def register(app: typer.Typer) -> None:
    app.command()(add)
    app.command("remove-package")(remove_package)
    app.add_typer(mods, name="mods", help="The folders of MOD files of a project: add, remove.")


def add(
    context: typer.Context,
    requirements: Requirements,
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Add packages to the project, or to an environment."""
    from devenv.workflows.add import add as workflow

    render(done(context, partial(workflow, name=env, requirements=requirements), dry_run))


def remove_package(
    context: typer.Context,
    packages: Annotated[list[str], typer.Argument(help="Their names.")],
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Remove packages from the project, or from an environment."""
    from devenv.workflows.add import remove_package as workflow

    render(done(context, partial(workflow, name=env, packages=packages), dry_run))


@mods.command("add")
def add_mods(
    context: typer.Context,
    folders: Folders,
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Compile the MOD files of these folders too."""
    from devenv.workflows.add import add_mods as workflow

    render(done(context, partial(workflow, name=env, folders=folders), dry_run))


@mods.command("remove")
def remove_mods(
    context: typer.Context,
    folders: Folders,
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Compile the MOD files of these folders no longer. The folders stay."""
    from devenv.workflows.add import remove_mods as workflow

    render(done(context, partial(workflow, name=env, folders=folders), dry_run))

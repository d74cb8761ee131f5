"""devenv spack: setup, status, update, sources, exec."""

from __future__ import annotations

from dataclasses import asdict

import typer

from devenv.cli.launch_options import ON, launch_options
from devenv.cli.option_groups import option_group
from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.spack_options import SetupOptions, Specs
from devenv.cli.state import context_of, rest_of
from devenv.cli.takes_command import TakesCommand
from devenv.core.launch import LaunchOptions

spack = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(spack, name="spack", help="Spack itself: setup, status, update, sources, exec.")


@spack.command()
@launch_options(*ON)
@option_group(SetupOptions)
def setup(
    context: typer.Context,
    *,
    options: SetupOptions,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Have Spack and its recipes, each at its commit. A second call costs nothing."""
    from devenv.engines.spack.setup import SetupRequest
    from devenv.workflows.work import Work, do

    request = SetupRequest(**asdict(options))
    render(do(context_of(context), Work("spack setup", request, dry_run=dry_run, launch=launch)))


@spack.command()
def status(context: typer.Context) -> None:
    """Show which Spack is used, and whether it is whole."""
    from devenv.engines.spack.setup import status as workflow

    render(workflow(context_of(context)))


@spack.command()
def update(context: typer.Context) -> None:
    """Take what the settings ask for now; of a branch, its newest."""
    from devenv.engines.spack.setup import update as workflow

    render(workflow(context_of(context)))


@spack.command()
def sources(context: typer.Context, specs: Specs = None, env: EnvironmentOption = None) -> None:
    """Fetch by pip what recipes take from the package index.

    Where Spack cannot reach the index's file server and pip has an index that answers. Each archive is
    verified by its recipe's checksum; a build looks for it before it looks anywhere else.
    """
    from devenv.engines.spack.archives import fetch_sources

    render(fetch_sources(context_of(context), env, specs or ()))


@spack.command("exec", cls=TakesCommand)
def exec_(context: typer.Context, env: EnvironmentOption = None) -> None:
    """Run Spack itself: devenv spack exec find. With --env, in that environment."""
    from devenv.engines.spack.exec import spack_exec

    spack_exec(context_of(context), env, rest_of(context))

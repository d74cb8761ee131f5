"""devenv cache: push, pull, list."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from devenv.cli.options import DryRun, EnvironmentOption
from devenv.cli.render import render
from devenv.cli.state import done_in, env_of

cache = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Address = Annotated[
    str, typer.Argument(help="A directory; with Spack also s3://BUCKET or oci://REGISTRY.")
]


def register(app: typer.Typer) -> None:
    app.add_typer(cache, name="cache", help="Builds for others: push, pull, list.")


@cache.command()
def push(
    context: typer.Context,
    address: Address,
    env: EnvironmentOption = None,
    dry_run: DryRun = False,
) -> None:
    """Put in what was built. Not what stands on a dev source.

    Of the venv engine that is NEURON and the models: the directory is then a store for others.
    """
    from devenv.workflows.cache import push as workflow

    render(done_in(context, env, partial(workflow, address=address), dry_run))


@cache.command()
def pull(context: typer.Context, address: Address, env: EnvironmentOption = None) -> None:
    """Build an environment, taking what is in the cache."""
    from devenv.workflows.cache import pull as workflow

    render(workflow(env_of(context, env), address))


@cache.command("list")
def list_(context: typer.Context, address: Address, env: EnvironmentOption = None) -> None:
    """List what is in a build cache."""
    from devenv.workflows.cache import list_cache

    render(list_cache(env_of(context, env), address))

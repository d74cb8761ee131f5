"""devenv conda env create."""

from __future__ import annotations

from pathlib import Path

from devenv.config.context import Context
from devenv.config.yaml_text import read_yaml
from devenv.core.errors import UsageError
from devenv.core.result import Result
from devenv.products.conda.environment_file import environment_file
from devenv.products.conda.publishing import address
from devenv.upkeep.new_environment import CreateRequest
from devenv.workflows.create import create

_TEMPLATE = "conda"


def create_from_file(
    context: Context, file: Path, name: str, channels: tuple[str, ...], *, dry_run: bool = False
) -> Result:
    """An environment of conda packages from an environment.yml.

    name: empty for the file's. channels: come before those of the file, whose directories start at the
    file's own.
    """
    path = context.cwd / file
    fix = "Name a file such as environment.yml: --file FILE"
    found = environment_file(read_yaml(path, "environment file", fix), str(path))
    if not (name or found.name):
        raise UsageError(f"{path} has no name", fix="Give one: --name NAME")
    named = (address(one, path.parent.resolve()) for one in found.channels)
    request = CreateRequest(
        name or found.name,
        template=_TEMPLATE,
        engine=_TEMPLATE,
        packages=found.dependencies,
        channels=(*channels, *named),
    )
    return create(context, request, dry_run=dry_run)

"""devenv adopt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Environment
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.core.result import Result
from devenv.engines.registry import ENGINES, engine
from devenv.upkeep.new_environment import NewEnvironment
from devenv.workflows.create import make


@dataclass(frozen=True)
class AdoptRequest:
    """What was typed. path: a folder, or the file in it. name: empty for that of the folder."""

    path: str
    name: str = ""


def adopt(context: Context, request: AdoptRequest, *, dry_run: bool = False) -> Result:
    """Make an environment whose request is a file that exists, and stays where and as it is."""
    path = (context.cwd / Path(request.path).expanduser()).resolve()
    if not path.exists():
        raise UsageError(f"{path} does not exist", fix="Name a folder with a spack.yaml.")
    name, file = _request_at(path)
    called = checked_name(request.name or file.parent.name)
    environment = Environment(called, engine=name, manifest=str(file))
    environment = engine(name).configure(context, environment, None)
    why = f"since {file} is its request, and stays yours"
    return make(context, NewEnvironment(environment, why), dry_run=dry_run)


def _request_at(path: Path) -> tuple[str, Path]:
    """The engine that makes what is described there, and the file that describes it."""
    for name in ENGINES:
        if file := engine(name).request_at(path):
            return name, file
    raise UsageError(
        f"{path} is not a Spack environment: it has no spack.yaml",
        fix="Name a folder that has one, or the file. A new environment: devenv create NAME",
    )

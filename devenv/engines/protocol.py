"""The engines at work: the verbs that each does in its own way, found by its name.

Each is a module, imported only where an environment of its kind is made.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock
from devenv.core.result import Result
from devenv.core.template import Package
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env

if TYPE_CHECKING:
    from devenv.environment.ground import Ground


class Maker(Protocol):
    """How an engine makes environments. All but `make` are called under its lock."""

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, beside: Path | None
    ) -> Generation:
        """The first generation. lock: to be made again exactly; one of a project has no interpreter, and
        its packages are kept as far as they fit. beside: the folder that it came from."""
        ...

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        """A generation of the environment as it is to be; what was built before is built again.

        lock: whose packages are kept as far as they fit; None: those in use.
        """
        ...

    def package(self, context: Context, name: str, *, placed: bool) -> Package:
        """What is to be developed. placed: where its source is, is said. UsageError where unknown."""
        ...

    def settled(self, context: Context, source: DevSource) -> DevSource:
        """A source that is there now, as this engine takes it."""
        ...

    def told(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        """What a person should know of a new dev source."""
        ...

    def ground(self, env: Env, environment: Environment, lock: Lock) -> Ground:
        """What the environment stands on as it was built last; nothing is fetched anew."""
        ...

    def make(self, env: Env, request: BuildRequest) -> Result:
        """Build what is asked for, and switch to it."""
        ...


_MODULES = {"venv": "devenv.engines.venv.engine", "spack": "devenv.engines.spack.engine"}


def maker(engine: str) -> Maker:
    """The engine of that name, of `devenv.engines.ENGINES`."""
    return cast("Maker", import_module(_MODULES[engine]))

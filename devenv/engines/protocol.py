"""What an engine is: all that commands need of it, whichever it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Run, Step
from devenv.core.result import Result
from devenv.core.template import Package, Template
from devenv.environment.build_request import BuildRequest
from devenv.environment.contents import Contents
from devenv.environment.ground import Ground
from devenv.environment.handle import Env
from devenv.environment.history import Recorded
from devenv.places.launching import Asked


@dataclass(frozen=True)
class Prunable:
    """What an engine made and nothing refers to. folders: in the order in which they can go.

    prefixes: of packages that `uninstall` removes, with `variables`. notes: what stays, and why.
    """

    folders: tuple[Path, ...] = ()
    prefixes: tuple[Path, ...] = ()
    uninstall: Run | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """`create`, `switch`, `build` and `derive` make a generation; `create`, `switch` and `derive` are
    called under the environment's lock.
    """

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        """Whether it is taken where none is named, and why (not)."""
        ...

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        """A new environment with this engine's own settings. wheels: as --wheels; UsageError where that
        means nothing to it."""
        ...

    def cost(self, environment: Environment) -> tuple[str, ...]:
        """What a person should know before the first build."""
        ...

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        """The first generation. lock: to be reproduced exactly; one of a project has no interpreter, and
        its packages are kept as far as they fit. origin: the folder that it came from."""
        ...

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        """A generation of the changed environment; what was built before is built again.

        lock: whose packages are kept as far as they fit; None: those in use.
        """
        ...

    def derive(self, env: Env, environment: Environment) -> Generation:
        """A generation of an environment that differs from another in its NEURON, with its model built.
        UsageError where the engine cannot."""
        ...

    def build(self, env: Env, request: BuildRequest) -> Result:
        """Build what is asked for, and switch to it."""
        ...

    def build_on_nodes(self, env: Env, request: BuildRequest, asked: Asked) -> bool:
        """Do what several nodes can share of a build. False: one node does all of it. UsageError where
        more than one was asked for and the engine uses one."""
        ...

    def why(self, env: Env, request: BuildRequest) -> Result:
        """What a build would do, and what changed since the last one. Nothing is made."""
        ...

    def ground(self, env: Env, environment: Environment, lock: Lock) -> Ground:
        """What the environment stands on as it was built last; nothing is fetched."""
        ...

    def package(self, context: Context, name: str, *, placed: bool) -> Package:
        """What is to be developed. placed: its source is named. UsageError for an unknown one."""
        ...

    def take(self, context: Context, source: DevSource) -> DevSource:
        """A dev source that is on disk, as this engine uses it."""
        ...

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        """What a person should know of a new dev source."""
        ...

    def contents(self, folder: GenerationLayout) -> Contents:
        """What the engine's own lock in a generation's folder names."""
        ...

    def restore(self, env: Env, one: Recorded) -> tuple[Step, ...]:
        """Steps that put the engine's own request back to what a generation was asked for. StateError
        where edits would be lost."""
        ...

    def missing(self, one: Recorded) -> Iterator[tuple[str, str]]:
        """(what, path) of what it installed for a generation and is gone."""
        ...

    def prunable(
        self,
        context: Context,
        locks: ExitStack,
        names: Sequence[str],
        gone: Collection[Path],
        packages: bool,
    ) -> Prunable:
        """What can go as long as `locks` are held. names: of the environments, which nobody builds
        meanwhile. gone: folders of generations that are about to be removed. packages: also what no
        environment has installed."""
        ...

    def push(self, env: Env, address: str) -> Result:
        """Put what an environment stands on into a build cache. UsageError where it has none."""
        ...

    def cached(self, env: Env, address: str) -> BuildRequest:
        """A build that takes from a build cache what is in it."""
        ...

    def list_cache(self, env: Env, address: str) -> Result:
        """What is in a build cache."""
        ...

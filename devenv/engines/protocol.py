"""What an engine is: all that commands need of it, whichever it is.

An engine is a class that derives from `Engine`. What raises or does nothing here is a default: an engine
overrides what it can do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock
from devenv.core.errors import UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.layout import GenerationLayout
from devenv.core.names import normalised
from devenv.core.plan import Run, Step
from devenv.core.requirements import requirement_name
from devenv.core.result import Finding, Result
from devenv.core.template import Package, Template
from devenv.environment.build_request import BuildRequest
from devenv.environment.contents import Contents
from devenv.environment.foundation import Foundation, interpreter_of
from devenv.environment.handle import Env
from devenv.environment.history import GenerationRecord


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


class BuildCache(Protocol):
    """What an engine built, in a folder or a registry, for others. The address is a folder or a URL."""

    def push(self, env: Env, address: str) -> Result:
        """Put in what an environment consists of."""
        ...

    def build_from(self, env: Env, address: str) -> BuildRequest:
        """A build that takes from the cache what is in it."""
        ...

    def list_cache(self, env: Env, address: str) -> Result:
        """What is in the cache."""
        ...


class Engine(Protocol):
    """`create`, `switch`, `build` and `derive` make a generation; all but `build` hold the environment's
    lock when they are called.
    """

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

    def build(self, env: Env, request: BuildRequest) -> Result:
        """Build what is requested, and switch to it."""
        ...

    def package_name(self, text: str, where: str) -> str:
        """The name of the package that a requirement or a spec of this engine means.

        where: the option or file, for the message. UsageError where it is not valid.
        """
        return requirement_name(text, where)

    def own_lock(self, env: Env) -> str:
        """The text of the engine's own lock, for devenv.lock; empty where lock.json says all."""
        return ""

    def python(
        self, context: Context, environment: Environment, template: Template, lock: Lock | None
    ) -> str:
        """The Python that a new environment would have, for people."""
        found = interpreter_of(environment, template, lock, context.environ)
        return f"Python {found.version} ({found.path})"

    def require_packages(self, env: Env) -> None:
        """UsageError if the packages of an environment are not requirements as pip writes them."""
        return

    def why(self, env: Env, request: BuildRequest) -> Result:
        """What a build would do, and what changed since the last one. Nothing is made."""
        ...

    def foundation(self, env: Env, environment: Environment, lock: Lock) -> Foundation:
        """What the environment stands on as it was built last; nothing is fetched."""
        ...

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        """Whether it is used where no engine is named, and why (not)."""
        return False, ""

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        """A new environment with the engine's own settings. wheels: False for --from-source.

        UsageError for an option that the engine does not have.
        """
        if environment.specs:
            raise UsageError(
                f"--spec is for the Spack engine: {environment.engine} installs wheels",
                fix="Add --engine spack, or name a package of pip's: --package.",
            )
        if wheels is False:
            raise UsageError(
                f"--from-source is for the Spack engine: {environment.engine} installs wheels",
                fix="Add --engine spack, or omit --from-source.",
            )
        return environment

    def cost(self, environment: Environment) -> tuple[str, ...]:
        """Notes for a person before the first build."""
        return ()

    def request_at(self, path: Path) -> Path | None:
        """The file that describes an environment of the engine's kind, made without devenv: `path`, or
        one in it. None: there is none."""
        return None

    def package(self, env: Env, environment: Environment, name: str, *, placed: bool) -> Package:
        """The package to develop. placed: whether the location of its source is given.

        UsageError for a package that is not in the catalogue, unless it is placed.
        """
        try:
            return find_package(name, load_catalogue())
        except UsageError:
            if placed:
                return Package((normalised(name),))
            raise

    def complete(self, env: Env) -> None:
        """Install what an environment consists of, where `create` or `switch` left that to a build."""
        return

    def take(self, context: Context, source: DevSource) -> DevSource:
        """A dev source that is on disk, as this engine uses it."""
        return source

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        """Notes for a person on a new dev source."""
        return ()

    def derive(self, env: Env, environment: Environment) -> Generation:
        """A generation of an environment like another but for its NEURON, with its model built."""
        raise UsageError(
            f"environments of the engine {environment.engine} have one NEURON",
            fix=f"Create another environment: devenv create NAME --engine {environment.engine}"
            f" --neuron '{environment.neuron}'",
        )

    def build_on_nodes(self, env: Env, request: BuildRequest, launch: LaunchOptions) -> bool:
        """Do the part of a build that several nodes can share. False: there is none.

        UsageError if more than one node is requested and the engine uses one.
        """
        if launch.job.nodes > 1:
            raise UsageError(
                f"-N {launch.job.nodes}: a model is compiled on one node; {env.request.engine} has"
                " nothing else to build on several",
                fix="Omit -N, and request more cores of one node: -j 16",
            )
        return False

    def build_cache(self) -> BuildCache | None:
        """None for an engine that has none."""
        return None

    def findings(self, env: Env, environ: Mapping[str, str]) -> Iterable[Finding]:
        """What `doctor` reports of the engine's own packages. environ: with the environment active."""
        return ()

    def contents(self, folder: GenerationLayout) -> Contents:
        """What the engine's own lock in the folder of a generation names."""
        return Contents(())

    def restore(self, env: Env, one: GenerationRecord) -> tuple[Step, ...]:
        """Steps that put the engine's own request back to that of a generation.

        StateError if edits would be lost.
        """
        return ()

    def missing(self, one: GenerationRecord) -> Iterator[tuple[str, str]]:
        """(what, path) of each part that it installed for a generation and that does not exist now."""
        generation = one.generation
        places = (
            ("the folder of its packages", generation.site),
            ("its NEURON", generation.neuron),
        )
        return ((what, path) for what, path in places if path and not Path(path).exists())

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
        return Prunable()

"""The engine interface: everything that commands need from an engine.

An engine is a class that derives from `Engine`. The methods here that raise or do nothing are defaults.
An engine overrides those that it supports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock
from devenv.core.errors import UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.layout import GenerationLayout
from devenv.core.names import normalise_name
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
    """Files of an engine that nothing refers to. folders: in the order in which they can be removed.

    prefixes: of packages that `uninstall` removes, with `variables`. notes: what is kept, and why.
    """

    folders: tuple[Path, ...] = ()
    prefixes: tuple[Path, ...] = ()
    uninstall: Run | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class BuildCache(Protocol):
    """A shared cache of an engine's builds. Its address is a folder or a URL."""

    def push(self, env: Env, address: str) -> Result:
        """Add the packages of an environment."""
        ...

    def build_from(self, env: Env, address: str) -> BuildRequest:
        """The request for a build that installs from the cache what it contains."""
        ...

    def list_cache(self, env: Env, address: str) -> Result:
        """List the contents of the cache."""
        ...


class Engine(Protocol):
    """`create`, `switch`, `build` and `derive` make a generation. Callers of all but `build` hold the
    environment's lock.
    """

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        """Make the first generation. lock: to reproduce exactly. A project's lock has no interpreter,
        and its packages are kept where they fit. origin: the folder of the lock.
        """
        ...

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        """Make a generation of the changed environment. What was built before is rebuilt.

        lock: its packages are kept where they fit; None: the lock in use.
        """
        ...

    def build(self, env: Env, request: BuildRequest) -> Result:
        """Build as requested, and switch to the result."""
        ...

    def package_name(self, text: str, where: str) -> str:
        """The package name in a requirement, or in a spec of this engine.

        where: the option or file, for the message. UsageError if it is not valid.
        """
        return requirement_name(text, where)

    def project_key(self) -> str:
        """The key of devenv.yaml that lists the packages of this engine."""
        return "packages"

    def own_lock(self, env: Env) -> str:
        """The text of the engine's own lock, for devenv.lock; empty where lock.json says all."""
        return ""

    def packages_of(self, environment: Environment) -> dict[str, str]:
        """Name -> requirement of the packages in addition to the template's."""
        where = f"environment.yaml of {environment.name}"
        return {self.package_name(one, where): one for one in environment.packages}

    def with_packages(self, environment: Environment, wanted: Mapping[str, str]) -> Environment:
        """The environment with more packages. wanted: name -> requirement."""
        packages = {**self.packages_of(environment), **wanted}
        return replace(environment, packages=tuple(packages.values()))

    def python(
        self, context: Context, environment: Environment, template: Template, lock: Lock | None
    ) -> str:
        """Describe the Python that a new environment would have."""
        interpreter = interpreter_of(environment, template, lock, context.environ)
        return f"Python {interpreter.version} ({interpreter.path})"

    def require_packages(self, env: Env) -> None:
        """UsageError if the environment does not specify its packages as pip requirements."""
        return

    def why(self, env: Env, request: BuildRequest) -> Result:
        """Report what a build would do, and what changed since the last one. Makes nothing."""
        ...

    def foundation(self, env: Env, environment: Environment, lock: Lock) -> Foundation:
        """The foundation of the environment as of its last build. Fetches nothing."""
        ...

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        """Whether to use this engine if none is named, and why (not)."""
        return False, ""

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        """Add the engine's settings to a new environment. wheels: False for --from-source.

        UsageError for an option that the engine does not have.
        """
        if environment.specs:
            raise UsageError(
                f"--spec is for the Spack engine: {environment.engine} installs wheels",
                fix="Add --engine spack, or name a package of pip's: --package.",
            )
        if environment.channels:
            raise UsageError(
                f"--channel is for conda packages, and the engine is {environment.engine}",
                fix="Add --engine conda, or omit --channel.",
            )
        if wheels is False:
            raise UsageError(
                f"--from-source is for the Spack engine: {environment.engine} installs wheels",
                fix="Add --engine spack, or omit --from-source.",
            )
        return environment

    def cost(self, environment: Environment) -> tuple[str, ...]:
        """Notes to print before the first build."""
        return ()

    def request_at(self, path: Path) -> Path | None:
        """The file, `path` or one in it, that describes an environment of this engine which was made
        without devenv. None if there is none."""
        return None

    def package(self, env: Env, environment: Environment, name: str, *, placed: bool) -> Package:
        """The package to develop. placed: whether the location of its source is given.

        UsageError for a package that is not in the catalogue, unless `placed`.
        """
        try:
            return find_package(name, load_catalogue())
        except UsageError:
            if placed:
                return Package((normalise_name(name),))
            raise

    def complete(self, env: Env) -> None:
        """Install the packages of an environment if `create` or `switch` left that to a build."""
        return

    def take(self, context: Context, source: DevSource) -> DevSource:
        """Adapt a dev source on disk to this engine."""
        return source

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        """Notes to print about a new dev source."""
        return ()

    def derive(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        """Make a generation that differs from another environment in its NEURON, or in the commits of
        its dev sources, and build its model. lock: of the other; its packages are kept if they fit."""
        raise UsageError(
            f"an environment of the engine {environment.engine} is not built beside itself with another"
            " NEURON, or with a dev source at a commit",
            fix=f"Create another: devenv create NAME --engine {environment.engine}",
        )

    def build_on_nodes(self, env: Env, request: BuildRequest, launch: LaunchOptions) -> bool:
        """Do the part of a build that several nodes can share. False if there is none.

        UsageError if more than one node is requested and the engine uses only one.
        """
        if launch.job.nodes > 1:
            raise UsageError(
                f"-N {launch.job.nodes}: a model is compiled on one node; {env.request.engine} has"
                " nothing else to build on several",
                fix="Omit -N, and request more cores of one node: -j 16",
            )
        return False

    def build_cache(self) -> BuildCache | None:
        """The build cache; None if the engine has none."""
        return None

    def findings(self, env: Env, environ: Mapping[str, str]) -> Iterable[Finding]:
        """Findings of `doctor` about the engine's packages. environ: with the environment active."""
        return ()

    def contents(self, folder: GenerationLayout) -> Contents:
        """The packages in the engine's own lock in the folder of a generation."""
        return Contents(())

    def restore(self, env: Env, one: GenerationRecord) -> tuple[Step, ...]:
        """Steps that restore the engine's own request from a generation.

        StateError if edits would be lost.
        """
        return ()

    def missing(self, one: GenerationRecord) -> Iterator[tuple[str, str]]:
        """(what, path) of each part that was installed for a generation and does not exist now."""
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
        """What can be removed while `locks` are held. names: of all environments, which are locked
        against builds. gone: folders of generations that are about to be removed. packages: also remove
        packages that no environment uses."""
        return Prunable()

"""The Spack engine: creates, changes and builds environments.

Spack works in `envs/NAME/spack/KEY`, where KEY is the hash of the request. So an interrupted build
continues there, a generation never loses its spack.lock, and a rollback is a rename.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import BuiltModel, DevSource, Environment, Generation, Lock
from devenv.core.errors import UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Link, Plan, Step, Write
from devenv.core.quantity import quantity
from devenv.core.result import Result
from devenv.core.template import Package, Template
from devenv.engines.protocol import BuildCache, Engine, Prunable
from devenv.engines.spack import cache
from devenv.engines.spack.adopted import manifest_at, require_specs
from devenv.engines.spack.components import contents_of
from devenv.engines.spack.develop import notes_on, package_of, take
from devenv.engines.spack.facts import facts_of, why
from devenv.engines.spack.folder import LOCK, RUN
from devenv.engines.spack.foundation import foundation_of, installed_prefixes, python_folder
from devenv.engines.spack.install import install
from devenv.engines.spack.installed import SpackBuild, read_last_build
from devenv.engines.spack.model_copy import at_copy, renamed
from devenv.engines.spack.observe import SpackRequest, announced_folder, folder_of, read_request
from devenv.engines.spack.own_models import further_models, own_model, with_requested_models
from devenv.engines.spack.prune import prunable
from devenv.engines.spack.recipe_model import (
    model_of,
    model_prefix,
)
from devenv.engines.spack.restore import keep_lock, manifest_of, missing, restore
from devenv.engines.spack.setup import find_ready
from devenv.engines.spack.spread import spread
from devenv.engines.spack.user_manifest import (
    manifest_path,
    with_manifest_edits,
    with_manual_sources,
)
from devenv.engines.spack.work import work_in
from devenv.environment.build_request import (
    BuildRequest,
    comparable_generation,
    result_of,
    up_to_date,
)
from devenv.environment.contents import Contents
from devenv.environment.foundation import Foundation
from devenv.environment.generation import make_generation
from devenv.environment.handle import Env
from devenv.environment.history import GenerationRecord
from devenv.environment.named_models import AdditionalModel
from devenv.environment.quick import look, remember
from devenv.models.stale import inputs_of
from devenv.store.carry import carry_out
from devenv.store.changing import changing


class SpackEngine(Engine):
    """Builds models and packages by Spack recipes, or uses wheels as externals."""

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        if base or find_ready(context) is None:
            return False, "since Spack is not set up"
        if not template.spack:
            return False, "since the template says nothing for Spack"
        return True, "since Spack is set up"

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        require_specs(context, environment.specs)
        super().configure(context, replace(environment, specs=()), None)
        return replace(environment, wheels=context.settings.wheels if wheels is None else wheels)

    def cost(self, environment: Environment) -> tuple[str, ...]:
        if environment.wheels:
            return ()
        line = (
            "note: what neither this machine nor the site has is compiled, NEURON and Python packages"
            " too, which may take hours; without --from-source those come from wheels"
        )
        return (line,)

    def require_packages(self, env: Env) -> None:
        raise UsageError(
            f"{env.name} uses the engine {env.request.engine}: its packages are specs",
            fix=f"Edit them: {manifest_path(env, env.request)}",
        )

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        """Create the environment. Nothing is installed: `build` does that, which may take long."""
        context = env.context
        if lock and origin:
            # The reproduced request becomes the environment's own file, wherever it came from.
            environment = replace(environment, manifest="")
            write = Write(str(manifest_path(env, environment)), manifest_of(origin))
            carry_out(context, Plan("spack.yaml", (write,)))
        if environment.manifest:
            environment = with_manifest_edits(env, environment)
        spack_request = read_request(env, environment, lock)
        # From now on spack.yaml has the specs.
        spack_request = replace(
            spack_request, environment=replace(spack_request.environment, specs=())
        )
        folder = folder_of(env, spack_request)
        if lock and origin:
            keep_lock(context, spack_request, folder, origin / LOCK)
        return _generation(env, spack_request, SpackBuild(folder), None)

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        """Switch to the changed environment. It is installed if the current one is."""
        before, lock = env.in_use
        spack_request = read_request(env, with_manual_sources(env, environment), lock)
        if lock is None or not _is_installed(env, lock):
            folder = folder_of(env, spack_request)
            return _generation(env, spack_request, SpackBuild(folder), before)
        folder = announced_folder(env, spack_request)
        facts = facts_of(env, spack_request)
        made = install(env.context, spack_request, folder, BuildRequest())
        after = _generation(env, spack_request, made, before)
        # The request was written with the generation.
        asked = look(env.context, (str(env.layout.request),), ())["files"]
        remember(env, {**facts, "files": {**facts["files"], **asked}})
        return after

    def build(self, env: Env, request: BuildRequest) -> Result:
        """Concretize and install the request, and switch to a generation of it."""
        context = env.context
        with changing(context, env.name):
            env = env.reopen()
            before, lock = env.in_use
            edited = with_manifest_edits(env, env.request)
            environment, only = with_requested_models(context, edited, request)
            spack_request = read_request(env, environment, lock, update=request.update)
            folder = announced_folder(env, spack_request, request.update)
            facts = facts_of(env, spack_request)
            made = install(context, spack_request, folder, request)
            after = _generation(
                env, spack_request, made, comparable_generation(before, request), only
            )
            if only is None or not environment.further:
                remember(env, facts)
        if before and before.number == after.number:
            return up_to_date(after)
        count = len(made.lock.nodes) if made.lock else 0
        return result_of(
            after, [f"{env.name}: generation {after.number}, {quantity(count, 'package')}."], 0
        )

    def build_on_nodes(self, env: Env, request: BuildRequest, launch: LaunchOptions) -> bool:
        if launch.job.nodes:
            spread(env, request, launch)
        return bool(launch.job.nodes)

    def why(self, env: Env, request: BuildRequest) -> Result:
        return why(env)

    def foundation(self, env: Env, environment: Environment, lock: Lock) -> Foundation:
        """The foundation of the environment as of its last build."""
        spack_request = read_request(env, environment, lock)
        folder = env.layout.spack / lock.inputs
        made = (
            read_last_build(work_in(env.context, spack_request, folder))
            if (folder / RUN).exists()
            else SpackBuild(folder)
        )
        return foundation_of(
            spack_request, made, installed_prefixes(env.context, spack_request) if made.lock else {}
        )

    def request_at(self, path: Path) -> Path | None:
        return manifest_at(path)

    def package(self, env: Env, environment: Environment, name: str, *, placed: bool) -> Package:
        return package_of(env, environment, name, placed=placed)

    def complete(self, env: Env) -> None:
        if not _is_installed(env, env.lock):
            self.build(env, BuildRequest())

    def take(self, context: Context, source: DevSource) -> DevSource:
        return take(context, source)

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        return notes_on(env, environment, source)

    def contents(self, folder: GenerationLayout) -> Contents:
        return contents_of(folder)

    def restore(self, env: Env, one: GenerationRecord) -> tuple[Step, ...]:
        return restore(env, one)

    def missing(self, one: GenerationRecord) -> Iterator[tuple[str, str]]:
        return missing(one)

    def prunable(
        self,
        context: Context,
        locks: ExitStack,
        names: Sequence[str],
        gone: Collection[Path],
        packages: bool,
    ) -> Prunable:
        return prunable(context, locks, names, gone, packages)

    def build_cache(self) -> BuildCache:
        return cache


def _write_manifest(env: Env, spack_request: SpackRequest) -> None:
    path = spack_request.path
    if not path.exists() or path.read_text(encoding="utf-8") != spack_request.manifest:
        write = Write(str(path), spack_request.manifest)
        carry_out(env.context, Plan("spack.yaml", (write,)))


def _is_installed(env: Env, lock: Lock) -> bool:
    folder = env.layout.spack / lock.inputs
    return (folder / RUN).exists()


def _generation(
    env: Env,
    spack_request: SpackRequest,
    made: SpackBuild,
    before: Generation | None,
    only: str | None = None,
) -> Generation:
    """Make a generation of a build. only: the additional model to build; None: all of them."""
    context = env.context
    prefixes = installed_prefixes(context, spack_request) if made.lock else {}
    foundation = foundation_of(spack_request, made, prefixes)
    model = _model(made, prefixes)
    if made.copy:
        paths = renamed(made.own, made.copy.prefix, made.copy.path, made.view) if made.own else {}
        engine_delta = at_copy(foundation.engine_delta, paths)
        foundation = replace(foundation, engine_delta=engine_delta)
    work, further = None, tuple[AdditionalModel, ...]()
    if model:
        foundation, work = own_model(context, foundation)
        further = further_models(context, foundation, before, only)
    _write_manifest(env, spack_request)
    python = foundation.installed.program
    if made.lock and python == spack_request.interpreter.path:  # 0.2x has none in its view
        links = (Link(str(python_folder(made) / name), python) for name in ("python", "python3"))
        carry_out(context, Plan("python", tuple(links)))
    return make_generation(env, foundation, work, current=before, kept=model, further=further)


def _model(made: SpackBuild, prefixes: dict[str, str]) -> BuiltModel | None:
    """The model that Spack installed; None if no package has one, or nothing is installed.

    For a model built from dev sources, its copy: Spack overwrites the original.
    """
    if made.copy:
        copy, content = made.copy, made.copy.content
        return model_of(
            copy.node, copy.path, copy.path.name, tuple(content.folders), content.inputs
        )
    one = model_prefix(made.lock, prefixes) if made.lock else None
    return model_of(*one, one[0].hash, (), inputs_of(())) if one else None

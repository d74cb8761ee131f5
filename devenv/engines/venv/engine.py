"""The venv engine: virtual environments of wheels, and models that devenv compiles itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.resources import resource_file
from devenv.core.environment import BuiltModel, DevSource, Environment, Generation, Lock
from devenv.core.plan import Run, simple_steps
from devenv.core.quantity import quantity
from devenv.core.result import Result
from devenv.core.template import Template
from devenv.engines.protocol import BuildCache, Engine
from devenv.engines.venv.foundation import foundation_of
from devenv.environment.base import files_of
from devenv.environment.build_request import (
    BuildRequest,
    comparable_generation,
    require_complete,
    result_of,
    up_to_date,
)
from devenv.environment.foundation import Foundation, model_of, template_of, with_stores
from devenv.environment.generation import make_generation
from devenv.environment.handle import Env
from devenv.environment.named_models import (
    AdditionalModel,
    additional_models,
    keeps,
    with_model_variants,
)
from devenv.environment.own_mods import with_own_mods
from devenv.environment.quick import VARIABLES, Facts, file_hashes, look, remember
from devenv.environment.recorded import recorded_files
from devenv.models.make import ModelWork, plan_model
from devenv.sources.kinds import with_kind
from devenv.store.changing import changing


@dataclass(frozen=True)
class Observed:
    """The inputs of a build: the foundation, and the models to build.

    own: None if the environment's own model is not rebuilt (`kept`). partial: whether any model is not
    rebuilt, or options request more than the environment's file does.
    """

    foundation: Foundation
    own: ModelWork | None
    kept: BuiltModel | None
    further: tuple[AdditionalModel, ...]
    partial: bool = False

    @property
    def works(self) -> dict[str, ModelWork]:
        """Name -> the model to build, the environment's own first."""
        own = {"": self.own} if self.own else {}
        return {**own, **{one.name: one.work for one in self.further if one.work}}


class VenvEngine(Engine):
    """Virtual environments of wheels, and models that devenv compiles itself."""

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        named = template.neuron or template.packages or template.model or base
        if template.spack and not named:
            return False, "since it consists of Spack's specs alone"
        return True, ""

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        exact = bool(lock and lock.interpreter)
        foundation = foundation_of(env.context, environment, lock, exact=exact)
        return _generation(env, foundation, None)

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        before, in_use = env.in_use
        foundation = foundation_of(env.context, environment, lock or in_use)
        work = model_of(env.context, foundation) if before and before.model else None
        return _generation(env, foundation, work, before)

    def with_packages(self, environment: Environment, wanted: Mapping[str, str]) -> Environment:
        """The environment with more packages. A wheel of NEURON replaces the environment's."""
        neuron = [name for name in wanted if name.split("-")[0] == "neuron"]
        others = {name: one for name, one in wanted.items() if name not in neuron}
        after = super().with_packages(environment, others)
        return replace(after, neuron=wanted[neuron[0]]) if neuron else after

    def take(self, context: Context, source: DevSource) -> DevSource:
        return with_kind(context, source)

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        if source.kind != "extension":
            return ()
        line = "An edit of Python is seen at once; others are compiled before the next run."
        return (line,)

    def derive(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        current, before = env.in_use
        foundation = foundation_of(env.context, environment, lock or before)
        return _generation(env, foundation, model_of(env.context, foundation), current)

    def build(self, env: Env, request: BuildRequest) -> Result:
        """Build the models that are not in the store, and switch to a new generation if it differs."""
        context = env.context
        with changing(context, env.name):
            env = env.reopen()
            before, _ = env.in_use
            observed = observe(env, request)
            missing = filter(None, [observed.foundation.missing])
            require_complete(context, missing, request.strict)
            facts = _facts(env, observed)
            compiled = {n: _compiled(w) for n, w in observed.works.items()}
            after = make_generation(
                env,
                observed.foundation,
                observed.own,
                jobs=request.jobs,
                current=comparable_generation(before, request),
                kept=observed.kept,
                further=observed.further,
            )
            whole = not observed.partial and not after.missing
            remember(env, facts if whole else {"files": facts["files"]})
        return _built(before, after, observed, compiled)

    def why(self, env: Env, request: BuildRequest) -> Result:
        from devenv.engines.venv.why import why

        return why(env, request)

    def build_cache(self) -> BuildCache:
        from devenv.engines.venv.cache import VenvCache

        return VenvCache()

    def foundation(self, env: Env, environment: Environment, lock: Lock) -> Foundation:
        # Do not retry a models repository that could not be reached.
        return foundation_of(env.context, environment, lock, fetch=False)


def _generation(
    env: Env, foundation: Foundation, work: ModelWork | None, current: Generation | None = None
) -> Generation:
    """Make a generation of which a build is not asked: what it went by is kept for notes of edits."""
    files = file_hashes(recorded_files(env, foundation.environment))
    after = make_generation(env, foundation, work, current=current)
    remember(env, {"files": files})
    return after


def _facts(env: Env, observed: Observed) -> Facts:
    """Everything that affects the build, so that the next one sees quickly whether anything changed."""
    foundation, context = observed.foundation, env.context
    environment = foundation.environment
    files = (
        str(env.layout.request),
        str(resource_file("packages.yaml")),
        *recorded_files(env, environment),
        *(files_of(foundation.environ) if foundation.base else ()),
    )
    models = environment.models if environment.models.startswith("/") else ""
    trees = (*(source.path for source in environment.develop), *((models,) if models else ()))
    names = (*VARIABLES, "MODULEPATH") if foundation.base else VARIABLES
    return look(context, files, trees, names)


def observe(env: Env, request: BuildRequest) -> Observed:
    """Observe the request and the current state. Packages are installed if they are missing."""
    context, environment, only = env.context, env.request, request.only
    current, lock = env.in_use
    if request.variants or request.called:
        template = template_of(context, environment)
        environment, only = with_model_variants(
            environment, template, request.variants, request.called
        )
    environment = with_stores(context, environment, request.stores)
    template = template_of(context, environment)
    environment = with_own_mods(context, environment, template, request)
    foundation = foundation_of(context, environment, lock, update=request.update)
    names = [m.name for m in environment.further] if only is None else [only]
    changed = request.stores or request.mods or request.no_mods or request.include
    partial = only is not None or bool(changed) or request.update
    further = additional_models(context, foundation, current, names)
    if not only:
        return Observed(foundation, model_of(context, foundation), None, further, partial)
    model = current.model if current else None
    kept = model if current and model and keeps(foundation, current, model) else None
    return Observed(foundation, None, kept, further, partial)


def _compiled(work: ModelWork) -> int:
    """The number of mechanisms to compile, for NEURON, CoreNEURON or both."""
    steps = simple_steps(plan_model(work.build, Path("log")).steps)
    runs = [step for step in steps if isinstance(step, Run)]
    translated = {s.argv[1] for s in runs if s.argv[0].endswith(("/nocmodl", "/nmodl"))}
    return len(translated & {f"{mod.name}.mod" for mod in work.mods})


def _built(
    before: Generation | None, after: Generation, observed: Observed, compiled: dict[str, int]
) -> Result:
    where = f"{after.name}: generation {after.number}"
    if before and after.number == before.number:
        return up_to_date(after)
    if not after.wants_model:
        lines = [f"{where}; its template has no model."]
    else:
        lines = [
            f"{where}, {_titled(name)}{quantity(work.mods, 'mechanism')},"
            f" {compiled[name]} of them compiled now."
            for name, work in observed.works.items()
        ]
    return result_of(after, lines, sum(compiled.values()))


def _titled(name: str) -> str:
    return f"model {name}: " if name else ""

"""Environments of packages from conda channels, without conda."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from devenv.config.catalogue import load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock, SourceState
from devenv.core.errors import StateError, UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.layout import GenerationLayout
from devenv.core.product import changes
from devenv.core.quantity import quantity
from devenv.core.result import Finding, Result
from devenv.core.template import Template
from devenv.engines.conda.lockfile import (
    LOCK,
    LockedPackage,
    components_of,
    inputs_of,
    python_version,
)
from devenv.engines.conda.observe import contribution
from devenv.engines.conda.packages import (
    checked_name,
    install,
    kept_lock,
    locked,
    packages_in,
    wanted_packages,
)
from devenv.engines.protocol import Engine
from devenv.environment.build_request import (
    BuildRequest,
    comparable_generation,
    result_of,
    up_to_date,
)
from devenv.environment.contents import Contents
from devenv.environment.foundation import (
    Foundation,
    source_state,
    template_of,
    variants_of,
    with_dev_sources,
)
from devenv.environment.generation import make_generation
from devenv.environment.handle import Env
from devenv.environment.quick import file_hashes, remember
from devenv.environment.recorded import recorded_files
from devenv.models.neuron import Installed
from devenv.places.modules import observe, with_environ
from devenv.products.conda.host import host_findings
from devenv.sources.backend import BuildFlags, build_flags
from devenv.sources.extensions import package_overlay
from devenv.sources.folders import roots_of
from devenv.sources.kinds import with_kind
from devenv.sources.overlays import SourceFacts
from devenv.sources.presence import missing_sources, require
from devenv.store.changing import changing
from devenv.system import git


class CondaEngine(Engine):
    """Packages from conda channels. They bring NEURON, and its mechanisms."""

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        if template.neuron or template.packages or not (template.conda or template.channels):
            return False, ""
        return True, "since the template names conda packages only"

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        if environment.neuron:
            raise UsageError(
                f"--neuron {environment.neuron} names a wheel, but {environment.name} consists of"
                " conda packages",
                fix="Name the package that contains NEURON: --package SPEC",
            )
        if "/" in environment.python:
            raise UsageError(
                f"--python {environment.python}: the Python of {environment.name} is a conda package",
                fix="Give a version: --python 3.12",
            )
        others = super().configure(context, replace(environment, channels=()), wheels)
        return replace(others, channels=environment.channels)

    def package_name(self, text: str, where: str) -> str:
        return checked_name(text, where)

    def project_key(self) -> str:
        return "conda"

    def own_lock(self, env: Env) -> str:
        return kept_lock(env.current.root)

    def takes_interpreter(self) -> bool:
        return False

    def python(
        self, context: Context, environment: Environment, template: Template, lock: Lock | None
    ) -> str:
        return f"Python {environment.python or 'as its channels have it'}"

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        if origin:
            return self._generation(env, environment, None, None, text=kept_lock(origin))
        return self._generation(env, environment, lock, None)

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:
        before, in_use = env.in_use
        return self._generation(env, environment, lock or in_use, before)

    def build(self, env: Env, request: BuildRequest) -> Result:
        _refuse_models(env.name, request)
        with changing(env.context, env.name):
            env = env.reopen()
            before, lock = env.in_use
            current = comparable_generation(before, request)
            after = self._generation(env, env.request, lock, current, update=request.update)
        if before and before.number == after.number:
            return up_to_date(after)
        count = len(_packages(env.layout.generation(after.number)))
        return result_of(
            after, [f"{env.name}: generation {after.number}, {quantity(count, 'package')}."], 0
        )

    def _generation(
        self,
        env: Env,
        environment: Environment,
        lock: Lock | None,
        current: Generation | None,
        *,
        update: bool = False,
        text: str = "",
    ) -> Generation:
        """text: of the lock whose packages are to be installed; empty: of what is wanted now."""
        require(environment.name, missing_sources(environment.develop))
        template = template_of(env.context, environment)
        files = file_hashes(recorded_files(env, environment))
        wanted = wanted_packages(env.context, environment, template)
        text = text or locked(env, wanted, lock, update)
        foundation = _foundation(env, environment, text, wanted.inputs)
        prefix = foundation.installed.venv
        for one in host_findings(prefix, foundation.environ) if env.context.dry is None else ():
            env.context.say(f"warning: {one.what}. {one.fix}")
        after = make_generation(env, foundation, None, current=current)
        remember(env, {"files": files})
        return after

    def why(self, env: Env, request: BuildRequest) -> Result:
        _, lock = env.in_use
        environment = env.request
        wanted = wanted_packages(env.context, environment, template_of(env.context, environment))
        if lock and lock.inputs == wanted.inputs and not request.update:
            return Result((f"{env.name}: the same packages are requested",))
        packages = _packages(env.current)
        after = packages_in(locked(env, wanted, lock, request.update), "the solution")
        lines = changes(inputs_of(packages)[:1], inputs_of(after)[:1])
        return Result((f"{env.name}:", *(f"  {line}" for line in lines or ("the same packages",))))

    def foundation(self, env: Env, environment: Environment, lock: Lock) -> Foundation:
        text = kept_lock(env.current.root)
        if not text:
            raise StateError(
                f"{env.current.root / LOCK} is missing", fix=f"Rebuild it: devenv build {env.name}"
            )
        return _foundation(env, environment, text, lock.inputs)

    def take(self, context: Context, source: DevSource) -> DevSource:
        return with_kind(context, source)

    def findings(self, env: Env, environ: Mapping[str, str]) -> Iterable[Finding]:
        return host_findings(Path(env.generation.site).parents[2], environ)

    def contents(self, folder: GenerationLayout) -> Contents:
        return Contents(components_of(_packages(folder)))


def _refuse_models(name: str, request: BuildRequest) -> None:
    """UsageError for what only a model that devenv compiles can be built with."""
    options = {
        request.variants: request.variants,
        "--as": request.called,
        "--mods": request.mods,
        "--no-mods": request.no_mods,
        "--include": request.include,
        "--store": request.stores,
        "--cache": request.cache,
    }
    given = [option for option, value in options.items() if value]
    if given:
        raise UsageError(
            f"{', '.join(given)}: devenv compiles no models for {name},"
            " which consists of conda packages",
            fix="Add the package that brings the mechanisms: devenv add SPEC",
        )


def _packages(folder: GenerationLayout) -> tuple[LockedPackage, ...]:
    return packages_in(kept_lock(folder.root), str(folder.root / LOCK))


def _foundation(env: Env, environment: Environment, text: str, inputs: str) -> Foundation:
    """What the environment stands on: one installation of its packages, and the dev sources."""
    template = template_of(env.context, environment)
    base, environ = observe(env.context.environ, environment.base or template.base)
    context = with_environ(env.context, environ)
    packages = packages_in(text, f"the lock of {environment.name}")
    version = python_version(packages, f"the lock of {environment.name}")
    prefix = install(context, text, packages)
    interpreter = Interpreter(str(prefix / "bin" / "python"), version)
    variants = variants_of(environment, template)
    sources, found = _sources(context, environment, interpreter, build_flags(variants))
    catalogue = with_dev_sources(load_catalogue(), environment.develop)
    site = prefix / interpreter.site
    return Foundation(
        environment,
        # The packages bring the mechanisms of their simulator.
        replace(template, model=None),
        variants,
        Lock(environment, interpreter.path, version, (), (), inputs, sources=found),
        Installed(interpreter, prefix, prefix),
        sources,
        None,
        catalogue,
        roots_of({one.package: one.root for one in sources}, site, None, catalogue),
        base,
        environ,
        contribution(prefix, environ),
        files={LOCK: text},
        bins=(str(prefix / "bin"),),
        sites=(str(site),),
        compiled=tuple(one.compiled for one in sources if one.compiled),
    )


def _sources(
    context: Context, environment: Environment, interpreter: Interpreter, flags: BuildFlags
) -> tuple[tuple[SourceFacts, ...], tuple[SourceState, ...]]:
    """The overlays of the dev sources, compiled where they have compiled modules; and their states."""
    overlays, found = [], []
    for one in environment.develop:
        state = git.state(Path(one.path))
        made = package_overlay(context, one, state, interpreter, flags)
        overlays.append(made)
        key = Path(made.compiled.built).name if made.compiled else ""
        found.append(source_state(one, state, key))
    return tuple(overlays), tuple(found)

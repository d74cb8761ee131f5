"""Builds the foundation of an environment of the venv engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from devenv.config.catalogue import load_catalogue
from devenv.config.context import Context
from devenv.core.environment import CompiledSource, Environment, Lock, SourceState
from devenv.core.interpreter import Interpreter
from devenv.core.requirements import requirement_name
from devenv.core.spec import parse_variants
from devenv.core.template import Template
from devenv.engines.venv.packages import Wanted, install, locked_packages
from devenv.engines.venv.toolchain import developed_neuron
from devenv.environment.base import NEURONS, base_packages, check_neuron, provided_by
from devenv.environment.foundation import (
    Foundation,
    interpreter_of,
    source_state,
    stores_of,
    template_of,
    variants_of,
    with_dev_sources,
)
from devenv.environment.own_mods import with_own_model
from devenv.models.neuron import Installed
from devenv.places.modules import observe, with_environ
from devenv.sources.backend import BuildFlags, build_flags
from devenv.sources.described import cloned_roots, described, with_described
from devenv.sources.extensions import package_overlay
from devenv.sources.folders import (
    find_repository,
    roots_of,
)
from devenv.sources.overlays import SourceFacts
from devenv.sources.presence import missing_sources, require
from devenv.sources.toolchain_build import BuiltToolchain
from devenv.system import git


def foundation_of(
    context: Context,
    environment: Environment,
    before: Lock | None = None,
    *,
    update: bool = False,
    exact: bool = False,
    fetch: bool = True,
) -> Foundation:
    """The foundation of an environment; missing parts are made. StateError if a dev source has moved.

    before: the previous lock. update: use newer packages. exact: use exactly the packages of `before`.
    fetch: retry a models repository that could not be reached.
    """
    require(environment.name, missing_sources(environment.develop))
    template = template_of(context, environment)
    base, environ = observe(context.environ, environment.base or template.base)
    context = with_environ(context, environ)
    catalogue = with_dev_sources(load_catalogue(), environment.develop)
    states = {s.package: git.state(Path(s.path)) for s in environment.develop}
    interpreter = interpreter_of(environment, template, before, context.environ)
    flags = _flags(environment, template)
    sources = tuple(_overlays(context, environment, states, interpreter, flags))
    result = _installed(context, environment, template, interpreter, sources, before, update, exact)
    lock, installed, developed = result
    compiled = (
        *(s.compiled for s in sources if s.compiled),
        *([developed.compiled] if developed else []),
    )
    sources = (*sources, *([developed.facts] if developed else []))
    catalogue, names = described(catalogue, template, environment, sources, installed.site)
    if any(source.mods for source in sources) or any(catalogue[name].mods for name in names):
        template = with_own_model(environment, template)
    template = with_described(template, catalogue, names)
    repository = find_repository(context, environment, template, catalogue, fetch=fetch)
    roots = roots_of({s.package: s.root for s in sources}, installed.site, repository, catalogue)
    roots |= cloned_roots(context, template, fetch=fetch)
    recorded = tuple(_source_states(environment, states, compiled))
    lock = replace(lock, repository=repository.commit if repository else "", sources=recorded)
    parts = (lock, installed, sources, repository, catalogue, roots, base, environ)
    variants = variants_of(environment, template)
    foundation = Foundation(environment, template, variants, *parts, compiled=compiled)
    return _with_folders(foundation)


def _source_states(
    environment: Environment,
    states: Mapping[str, git.GitState],
    compiled: Iterable[CompiledSource],
) -> Iterator[SourceState]:
    """The states of the dev sources for the lock."""
    keys = {one.package: Path(one.built).name for one in compiled}
    for source in environment.develop:
        yield source_state(source, states[source.package], keys.get(source.package, ""))


def _flags(environment: Environment, template: Template) -> BuildFlags:
    """The flags for compiling dev sources. Variants are not checked here, since a dev source can provide
    the model."""
    defaults = {name: one.default for name, one in template.offered_variants.items()}
    return build_flags({**defaults, **parse_variants(environment.variants)})


def _overlays(
    context: Context,
    environment: Environment,
    states: Mapping[str, git.GitState],
    interpreter: Interpreter,
    flags: BuildFlags,
) -> Iterator[SourceFacts]:
    """The overlays of dev sources that are Python packages. Their extension modules are compiled."""
    for source in environment.develop:
        if source.kind in ("python", "extension"):
            yield package_overlay(context, source, states[source.package], interpreter, flags)


def _with_folders(foundation: Foundation) -> Foundation:
    """The foundation with the bin and site-packages folders of the two virtual environments."""
    installed = foundation.installed
    return replace(
        foundation,
        bins=_once(installed.venv / "bin", installed.neuron / "bin"),
        sites=_once(installed.site, installed.neuron_site),
        own_neuron=bool(foundation.lock.neuron) or installed.developed,
    )


def _once(*paths: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, paths)))


def _installed(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    sources: tuple[SourceFacts, ...],
    before: Lock | None,
    update: bool,
    exact: bool,
) -> tuple[Lock, Installed, BuiltToolchain | None]:
    """Install the packages. Returns the lock, still without repository and sources; the installation;
    and NEURON if it is a dev source.
    """
    renewed = update and not exact
    developed = developed_neuron(context, environment, template, interpreter, before, renewed)
    if developed:
        sources = (*sources, developed.facts)
    request = _package_request(context, environment, template, interpreter, sources, developed)
    if before and exact:
        neuron, packages = before.neuron, before.packages
    else:
        neuron, packages = locked_packages(context, request, before, update)
    stores, built = stores_of(context, environment), developed.place if developed else None
    installed = install(context, interpreter, neuron, packages, stores, built)
    lock = Lock(
        *(environment, interpreter.path, interpreter.version, neuron, packages, request.inputs),
        tools=developed.packages if developed else (),
    )
    return lock, installed, developed


def _package_request(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    sources: tuple[SourceFacts, ...],
    developed: BuiltToolchain | None,
) -> Wanted:
    """The request for packages. A developed package is not installed, but its requirements are.

    If NEURON comes from the base, so do all other packages that the base has.
    """
    absent = tuple(s.package for s in sources)
    kept = tuple(r for r in template.packages if requirement_name(r) not in absent)
    needs = tuple(r for s in sources for r in s.requires if "extra ==" not in r)
    neuron = "" if developed else environment.neuron or template.neuron
    requirements = (*kept, *environment.packages, *needs)
    if developed:
        provided = tuple((name, developed.version) for name in NEURONS)
        return Wanted(interpreter, neuron, requirements, absent, provided)
    if not neuron:
        below = base_packages(
            context, environment.base or template.base, interpreter.path, requirements
        )
        check_neuron(below, requirements)
        absent += provided_by(below, requirements)
    return Wanted(interpreter, neuron, requirements, absent)

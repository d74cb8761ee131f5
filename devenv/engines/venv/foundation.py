"""What an environment of virtual environments stands on, found or made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.config.catalogue import load_catalogue
from devenv.config.context import Context
from devenv.core.environment import Environment, Lock
from devenv.core.interpreter import Interpreter
from devenv.core.requirements import requirement_name
from devenv.core.template import Template
from devenv.engines.venv.packages import Wanted, install, locked_packages
from devenv.environment.base import base_packages, check_neuron, provided_by
from devenv.environment.foundation import (
    Foundation,
    interpreter_of,
    source_state,
    stores_of,
    template_of,
    variants_of,
    with_developed,
)
from devenv.environment.own_mods import with_own_model
from devenv.models.neuron import Installed
from devenv.places.modules import observe, with_environ
from devenv.sources.described import cloned_roots, described, with_described
from devenv.sources.folders import (
    find_repository,
    roots_of,
)
from devenv.sources.overlays import SourceFacts, overlay_of
from devenv.sources.presence import gone, require
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
    """Find and make what the environment stands on. StateError where a dev source has moved.

    before: what it stood on. update: with newer packages. exact: with those of `before`, come what may.
    fetch: try again for a repository of models that could not be reached.
    """
    require(environment.name, gone(environment.develop))
    template = template_of(context, environment)
    base, environ = observe(context.environ, environment.base or template.base)
    context = with_environ(context, environ)
    catalogue = with_developed(load_catalogue(), environment.develop)
    states = {s.package: git.state(Path(s.path)) for s in environment.develop}
    python = (s for s in environment.develop if s.kind == "python")
    sources = tuple(overlay_of(context, s, states[s.package]) for s in python)
    lock, installed = _installed(context, environment, template, sources, before, update, exact)
    catalogue, names = described(catalogue, template, environment, sources, installed.site)
    if any(source.mods for source in sources) or any(catalogue[name].mods for name in names):
        template = with_own_model(environment, template)
    template = with_described(template, catalogue, names)
    repository = find_repository(context, environment, template, catalogue, fetch=fetch)
    roots = roots_of({s.package: s.root for s in sources}, installed.site, repository, catalogue)
    roots |= cloned_roots(context, template, fetch=fetch)
    found = tuple(source_state(s, states[s.package]) for s in environment.develop)
    lock = replace(lock, repository=repository.commit if repository else "", sources=found)
    stands = (lock, installed, sources, repository, catalogue, roots, base, environ)
    variants = variants_of(environment, template)
    return _with_folders(Foundation(environment, template, variants, *stands))


def _with_folders(foundation: Foundation) -> Foundation:
    """With what goes on PATH, and where Python finds packages: those of the two virtual environments."""
    installed = foundation.installed
    return replace(
        foundation,
        bins=_once(installed.venv / "bin", installed.neuron / "bin"),
        sites=_once(installed.site, installed.neuron_site),
        own_neuron=bool(foundation.lock.neuron),
    )


def _once(*paths: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, paths)))


def _installed(
    context: Context,
    environment: Environment,
    template: Template,
    sources: tuple[SourceFacts, ...],
    before: Lock | None,
    update: bool,
    exact: bool,
) -> tuple[Lock, Installed]:
    """The packages, installed; and the lock with them, but not yet with repository and sources."""
    interpreter = interpreter_of(environment, template, before, context.environ)
    wanted = _wanted(context, environment, template, interpreter, sources)
    if before and exact:
        neuron, packages = before.neuron, before.packages
    else:
        neuron, packages = locked_packages(context, wanted, before, update)
    installed = install(context, interpreter, neuron, packages, stores_of(context, environment))
    lock = Lock(environment, interpreter.path, interpreter.version, neuron, packages, wanted.inputs)
    return lock, installed


def _wanted(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    sources: tuple[SourceFacts, ...],
) -> Wanted:
    """A developed package is not installed as well: its source's own requirements are.

    Where NEURON is the base's, so is all else that the base has.
    """
    absent = tuple(s.package for s in sources)
    kept = tuple(r for r in template.packages if requirement_name(r) not in absent)
    needs = tuple(r for s in sources for r in s.requires if "extra ==" not in r)
    neuron = environment.neuron or template.neuron
    requirements = (*kept, *environment.packages, *needs)
    if not neuron:
        below = base_packages(
            context, environment.base or template.base, interpreter.path, requirements
        )
        check_neuron(below, requirements)
        absent += provided_by(below, requirements)
    return Wanted(interpreter, neuron, requirements, absent)

"""What a generation stands on: packages, overlays, repositories and folders, found or made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.templates import load_template, template_folders
from devenv.core.base import Base
from devenv.core.build_variants import BUILD_VARIANTS
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import CompiledSource, DevSource, Environment, Lock, SourceState
from devenv.core.errors import DevenvError, UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.layout import Layout
from devenv.core.spec import Value, holds, parse_variants, resolve_variants
from devenv.core.template import NO_TEMPLATE, Folder, Package, Template
from devenv.environment.own_mods import require_own_mods, with_included, with_own_model
from devenv.models.make import ModelRequest, ModelWork, describe_model
from devenv.models.neuron import Installed
from devenv.places.modules import with_environ
from devenv.sources.address import without_secret
from devenv.sources.folders import (
    ModelsRepository,
    SourceFolder,
    places,
)
from devenv.sources.overlays import SourceFacts
from devenv.sources.toolchain import VARIANTS
from devenv.system import git, interpreters


@dataclass(frozen=True)
class Foundation:
    """What an environment stands on: all of it is there, nothing of it is the generation's own.

    engine_delta: what the engine contributes to an activation beside the packages' own folders.
    files: name -> text of what it keeps in a generation. bins, sites: folders for PATH and of Python
    packages, where they are not part of `engine_delta`. own_neuron: whether NEURON is the environment's
    own, and not the base's. compiled: the dev sources that are compiled.
    """

    environment: Environment
    template: Template
    variants: Mapping[str, Value]
    lock: Lock
    installed: Installed
    sources: tuple[SourceFacts, ...]
    repository: ModelsRepository | None
    packages: Mapping[str, Package]
    roots: Mapping[str, str]
    base: Base
    environ: Mapping[str, str]
    engine_delta: EnvironmentDelta = field(default_factory=EnvironmentDelta)
    files: Mapping[str, str] = field(default_factory=dict)
    bins: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    own_neuron: bool = True
    compiled: tuple[CompiledSource, ...] = ()

    @property
    def missing(self) -> str:
        """Why the model is not all that the template asks for; empty where it is."""
        repository, model = self.repository, self.template.model
        if not (repository and repository.missing and model):
            return ""
        own = (one for one in model.mods if one.package == repository.package)
        folders = ", ".join(one.path or "mods" for one in own if holds(one.when, self.variants))
        return f"incomplete model: without {folders} of {repository.package}: {repository.missing}"

    def places(self, kind: str) -> tuple[SourceFolder, ...]:
        """The folders with mods or hoc that take part, in the template's order."""
        model = self.template.model
        folders = self._developed() if model is None else getattr(model, kind)
        own = (*self._own_mods(), *self._compiled_mods()) if kind == "mods" and model else ()
        return (*own, *places(folders, self.variants, self.roots, self.packages, kind))

    def _own_mods(self) -> tuple[SourceFolder, ...]:
        return tuple(
            SourceFolder("", path, "your own", asked=True) for path in self.environment.mods
        )

    def _compiled_mods(self) -> Iterator[SourceFolder]:
        """Of dev sources whose own build compiles mods, and which the template does not know."""
        model = self.template.model
        known = {folder.package for folder in model.mods} if model else set()
        for source in self.sources:
            if source.package not in known:
                yield from (
                    SourceFolder(source.package, path, source.package) for path in source.mods
                )

    def _developed(self) -> tuple[Folder, ...]:
        """Where the base brings the model, what is developed still comes first."""
        sources = self.sources if self.base else ()
        return tuple(Folder(source.package) for source in sources)


def template_of(context: Context, environment: Environment) -> Template:
    """Its template, with a model wherever the environment has mods to make one of; with the variants of
    a developed NEURON where it has one.
    """
    folders = template_folders(context.layout.home)
    found = load_template(environment.template, folders) if environment.template else NO_TEMPLATE
    if any(source.kind == "toolchain" for source in environment.develop):
        found = replace(found, variants={**BUILD_VARIANTS, **VARIANTS, **found.variants})
    return with_own_model(environment, found) if environment.mods else found


def variants_of(environment: Environment, template: Template, more: str = "") -> dict[str, Value]:
    """Every variant of the template: as `more` says, else as the environment, else its default.

    UsageError for one that the template has not.
    """
    asked = {**parse_variants(environment.variants), **parse_variants(more)}
    return resolve_variants(asked, template.offered_variants, f"template {template.name}")


def stores_of(context: Context, environment: Environment) -> tuple[Layout, ...]:
    """The stores of others that can be used: the environment's, then those of the settings."""
    wanted = [*map(Path, environment.stores), *context.settings.stores]
    return tuple(Layout(path.resolve()) for path in dict.fromkeys(wanted) if path.is_dir())


def with_stores(context: Context, environment: Environment, more: Iterable[str]) -> Environment:
    """`environment` that uses these stores too. UsageError for a folder that is not there."""
    found = _folders(context, "--store", more, "Check the path.")
    return replace(environment, stores=tuple(dict.fromkeys([*environment.stores, *found])))


def _folders(context: Context, option: str, typed: Iterable[str], fix: str) -> list[str]:
    """The folders that an option names, absolute; UsageError for one that is not there."""
    paths = [(context.cwd / folder).resolve() for folder in typed]
    for path in paths:
        if not path.is_dir():
            raise UsageError(f"{option}: {path} is not a directory", fix=fix)
    return [str(path) for path in paths]


def source_state(source: DevSource, state: git.GitState, built: str = "") -> SourceState:
    """A dev source as a lock records it. built: the key of what was compiled from it."""
    url = without_secret(state.url)
    return SourceState(source.package, source.path, state.commit, state.clean, url, built)


def interpreter_of(
    environment: Environment,
    template: Template,
    before: Lock | None,
    environ: Mapping[str, str],
) -> Interpreter:
    """The requested Python; as long as the request is the same, the one that it was before.

    Which of several is found depends on PATH, and that is not what an environment is made of.
    """
    if before and not (before.interpreter or environment.python):
        # A project's lock, made elsewhere: its packages are for this version.
        with suppress(DevenvError):
            alike = Interpreter(*interpreters.find_python(f"=={before.python}.*", environ))
            if alike.fits(template.python):
                return alike
    same = before is not None and before.environment.python == environment.python
    if before and same and before.interpreter and Path(before.interpreter).exists():
        found = Interpreter(*interpreters.python_at(before.interpreter))
        if environment.python or found.fits(template.python):
            return found
    return Interpreter(*interpreters.find_python(environment.python or template.python, environ))


def with_dev_sources(
    catalogue: Mapping[str, Package], sources: tuple[DevSource, ...]
) -> dict[str, Package]:
    """The catalogue and, for developed packages that it does not know, an entry with their name."""
    return {**{s.package: Package((s.package,)) for s in sources}, **catalogue}


def model_of(
    context: Context, foundation: Foundation, first: tuple[SourceFolder, ...] = ()
) -> ModelWork | None:
    """The model as its folders are at this moment; None where the template has none.

    first: folders in front of the template's.
    """
    require_own_mods(foundation.environment, foundation.template)
    model = with_included(foundation.environment, foundation.template).model
    if model is None:
        return None
    context = with_environ(context, foundation.environ)
    stores = stores_of(context, foundation.environment)
    request = ModelRequest(model, foundation.variants, foundation.roots, foundation.missing, stores)
    return describe_model(
        context, request, (*first, *foundation.places("mods")), foundation.installed
    )


def with_variants(foundation: Foundation, variants: str) -> Foundation:
    """The same foundation for a model that differs in `variants`; UsageError for one not offered."""
    asked = {**parse_variants(foundation.environment.variants), **parse_variants(variants)}
    offered, where = foundation.template.offered_variants, f"template {foundation.template.name}"
    return replace(foundation, variants=resolve_variants(asked, offered, where))

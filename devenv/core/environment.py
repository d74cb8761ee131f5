"""An environment as it was asked for, and a generation of it as it was built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta, compose


@dataclass(frozen=True)
class DevSource:
    """A source tree that must win. path: absolute. origin: how it came.

    kind: python (live), model (mods and hoc), or built (by Spack, whenever it changes).
    """

    package: str
    path: str
    kind: str = "python"
    origin: str = "path"


@dataclass(frozen=True)
class FurtherModel:
    """A model beside an environment's own. variants: those in which it differs from that one."""

    name: str
    variants: str


@dataclass(frozen=True)
class Environment:
    """What the user asked for: environment.yaml.

    models: PATH or URL@REF in place of the template's repository of models. neuron: in place of the
    template's requirement. packages: requirements beside the template's. further: models that are
    built beside its own. stores: folders like $DEVENV_HOME whose NEURON and models are used, and
    never written to. base: what lies beneath in place of the template's: modules:NAME,NAME. mods:
    your own MOD files, or folders of them, in front of the template's. include: MOD files that the
    template leaves out and this environment does not.
    """

    name: str
    template: str
    engine: str = "venv"
    python: str = ""
    variants: str = ""
    models: str = ""
    neuron: str = ""
    packages: tuple[str, ...] = ()
    develop: tuple[DevSource, ...] = ()
    further: tuple[FurtherModel, ...] = ()
    stores: tuple[str, ...] = ()
    base: str = ""
    wheels: bool = False
    mods: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceState:
    """A dev source as the lock records it. commit: empty where it is no git repository.

    url: where the repository came from, without a password; empty where it came from nowhere.
    """

    package: str
    path: str
    commit: str
    clean: bool
    url: str = ""


@dataclass(frozen=True)
class Overlay:
    """What stands in front for one dev source.

    path: goes on PYTHONPATH. scripts: goes on PATH. root: the folder in the source that holds its
    top-level modules; modules: their names.
    """

    package: str
    path: str
    scripts: str
    root: str
    modules: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True)
class BuiltModel:
    """A compiled model in use.

    folders: where its mods came from; inputs: the hash of what was in them, to tell a stale model.
    missing: why it is not the whole model that the template asks for. core_library, special_core: of
    CoreNEURON, empty for a model without it. variants: all of its variants, in full. notes: what is
    known not to work with it, in words. left_out: MOD files that are not in it, and why. preload: what a
    Python that loads its library must load before all else: the address sanitizer's library, empty for
    none.
    """

    key: str
    path: str
    special: str
    library: str
    mechanisms: tuple[str, ...]
    folders: tuple[str, ...] = ()
    inputs: str = ""
    missing: str = ""
    core_library: str = ""
    special_core: str = ""
    variants: str = ""
    notes: tuple[str, ...] = ()
    preload: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedModel:
    """A further model of a generation. delta: what it changes beside the generation's own delta."""

    name: str
    model: BuiltModel
    delta: EnvironmentDelta


@dataclass(frozen=True)
class Lock:
    """Everything that went into a generation, exactly: lock.json.

    environment: as it was asked for. python: the full version of `interpreter`, a path. neuron,
    packages: lines of a requirements file with hashes. repository: the commit of the models. inputs:
    the hash of what the packages were resolved from; the same inputs are not resolved again.
    """

    environment: Environment
    interpreter: str
    python: str
    neuron: tuple[str, ...]
    packages: tuple[str, ...]
    inputs: str = ""
    repository: str = ""
    model: str = ""
    sources: tuple[SourceState, ...] = ()


@dataclass(frozen=True)
class Generation:
    """One complete build of an environment: environment.json. Paths are absolute.

    python: the interpreter to run things with. site, neuron: folders with packages that the
    interpreter finds by itself. delta: what an activation changes. missing: what is not whole, in
    words, for people to see at every run. wants_model: whether its template has a model to build.
    base: what is loaded first. proves: the programs that prove in each rank that this is the run that
    was meant.
    further: the models beside `model`.
    """

    name: str
    number: int
    engine: str
    python: str
    site: str
    neuron: str
    delta: EnvironmentDelta
    overlays: tuple[Overlay, ...] = ()
    wants_model: bool = False
    model: BuiltModel | None = None
    hoc: tuple[str, ...] = ()
    no_special: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    stamp: str = ""
    base: Base = field(default_factory=Base)
    further: tuple[NamedModel, ...] = ()
    proves: tuple[str, ...] = ()

    def with_model(self, name: str) -> Generation:
        """The generation as it is with its further model `name`; itself for its own (empty)."""
        named = next((one for one in self.further if one.name == name), None)
        if named is None:
            return self
        return replace(self, model=named.model, delta=compose(self.delta, named.delta))

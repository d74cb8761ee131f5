"""An environment as the user requested it, its lock, and a generation as it was built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta, compose


@dataclass(frozen=True)
class DevSource:
    """A source tree with precedence over installed packages. path: absolute. origin: where it came from.

    kind: python (live), extension (Python live, its modules compiled when their sources change), model
    (MOD and HOC files), toolchain (NEURON itself, compiled), or built (by Spack, whenever it changes).
    clone: the source of which `path` is one commit, checked out; empty for the source itself.
    """

    package: str
    path: str
    kind: str = "python"
    origin: str = "path"
    clone: str = ""


@dataclass(frozen=True)
class FurtherModel:
    """An additional model of an environment. variants: those that differ from the main model's."""

    name: str
    variants: str


@dataclass(frozen=True)
class Environment:
    """What the user requested: environment.yaml.

    models: PATH or URL@REF, replaces the template's repository of models. neuron: replaces the
    template's requirement. packages: requirements in addition to the template's. further: additional
    models. stores: directories like $DEVENV_HOME whose NEURON and models are used, and which devenv
    never writes to. base: replaces the template's base: modules:NAME,NAME. mods: your own MOD files, or
    directories of them, in front of the template's. include: MOD files that the template leaves out
    and this environment contains. specs: what a new environment consists of, where the engine takes
    specs; it keeps them in a file of its own. manifest: the spack.yaml of an existing Spack environment,
    which stays where it is. template: empty for an environment of specs or of a manifest alone.
    channels: of conda packages, the first one first; they replace the template's.
    """

    name: str
    template: str = ""
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
    specs: tuple[str, ...] = ()
    manifest: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceState:
    """A dev source as the lock records it. commit: empty if it is not a git repository.

    url: of the remote repository, without a password; empty if there is none. built: the key of what was
    compiled from it; empty if nothing is.
    """

    package: str
    path: str
    commit: str
    clean: bool
    url: str = ""
    built: str = ""


@dataclass(frozen=True)
class FileState:
    """A file or a folder of MOD files that a lock cannot bring back.

    path: as the request names it. hash: of what it held; empty where it was not there.
    """

    path: str
    hash: str


@dataclass(frozen=True)
class CompiledSource:
    """A dev source of which something was compiled, to detect later edits.

    path: the source. built: the product in the store. content: the hash of the files that were
    compiled. work: the folder in which it is compiled incrementally; empty if there is none.
    """

    package: str
    kind: str
    path: str
    built: str
    content: str
    work: str = ""


@dataclass(frozen=True)
class Overlay:
    """The overlay of a dev source, which takes precedence over installed packages.

    path: for PYTHONPATH. scripts: for PATH. root: the directory in the source that contains its
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

    folders: the sources of its MOD files; inputs: the hash of their content, to detect a stale model.
    missing: why it is not the complete model of the template. core_library, special_core: of CoreNEURON,
    empty for a model without it. variants: all of its variants. notes: known problems, in words.
    left_out: MOD files that it does not contain, and why. preload: the library that Python must load
    before the model's (the address sanitizer's); empty for none.
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
    """An additional model of a generation. delta: its changes on top of the generation's delta."""

    name: str
    model: BuiltModel
    delta: EnvironmentDelta


@dataclass(frozen=True)
class Lock:
    """The exact inputs of a generation: lock.json.

    environment: the request. python: the full version of `interpreter`, a path. neuron, packages: lines
    of a requirements file with hashes. repository: the commit of the models. inputs: the hash of the
    requirements that were resolved; the same ones are not resolved again. tools: lines likewise, of the
    packages that dev sources are compiled with. conda: the text of a project's conda.lock; a generation
    has that as a file beside it. files: the template, and the MOD files of the user's own.
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
    tools: tuple[str, ...] = ()
    conda: str = ""
    files: tuple[FileState, ...] = ()


@dataclass(frozen=True)
class Generation:
    """One complete build of an environment: environment.json. Paths are absolute.

    python: the interpreter to run programs with. site, neuron: directories with packages that the
    interpreter finds without PYTHONPATH. delta: what an activation changes. missing: what is incomplete,
    in words; every run prints it. wants_model: whether its template has a model. base: is loaded first.
    proves: the programs for which each rank checks that this is the run that was requested.
    further: the additional models. compiled: the dev sources that are compiled.
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
    compiled: tuple[CompiledSource, ...] = ()

    @property
    def models(self) -> tuple[BuiltModel, ...]:
        """Its main model, if it is built, and the additional ones."""
        main = (self.model,) if self.model else ()
        return (*main, *(one.model for one in self.further))

    def with_model(self, name: str) -> Generation:
        """This generation with its additional model `name`; itself for the main model (empty)."""
        named = next((one for one in self.further if one.name == name), None)
        if named is None:
            return self
        return replace(self, model=named.model, delta=compose(self.delta, named.delta))

"""Templates: the kinds of environments. devenv.config reads them from envs/*.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.core.build_variants import offered
from devenv.core.spec import Variant


@dataclass(frozen=True)
class Package:
    """A package that can be developed, and what it adds to an environment.

    names: all its names; the first is its name on the package index. git: the address of its source.
    mods, hoc: directories with MOD and HOC files. env: variables. Paths are relative to the directory of
    the package's top-level modules ({root}); those of a `model` package, to the root of the source.
    no_special: variables that make it load the library instead of running special. in_ranks: the
    variable in `env` that names the directory whose init.py special runs in every rank.
    """

    names: tuple[str, ...]
    git: str = ""
    kind: str = "python"
    modules: tuple[str, ...] = ()
    mods: tuple[str, ...] = ()
    hoc: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    no_special: dict[str, str] = field(default_factory=dict)
    in_ranks: str = ""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def in_spack(self) -> str:
        """Its name in Spack."""
        return f"py-{self.name}" if self.kind == "python" else self.name


@dataclass(frozen=True)
class Folder:
    """A directory of a package that is part of a model.

    package: its name in the catalogue, or "devenv" for files of devenv itself. path: relative to the
    root of the package; empty: the package's own `mods` (or `hoc`). when: the variants that include it.
    flags: C++ compiler flags for the MOD files in it. prefix: is put in front of the names of its MOD
    files and of their mechanisms, so that one model can contain two sets with the same names.
    """

    package: str
    path: str = ""
    when: str = ""
    flags: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True)
class Pin:
    """A source repository at a ref."""

    package: str
    ref: str
    url: str = ""


@dataclass(frozen=True)
class Model:
    """The compiled model of a template.

    mods: directories in order of precedence; of files with the same name the first one is used. hoc:
    directories for HOC_LIBRARY_PATH, in order. exclude: MOD file -> why the model leaves it out.
    duplicates: MOD file -> another one that defines the same; the model leaves the first one out if it
    contains the other. repository: the pinned repository that contains some of the directories.
    flags: C++ compiler flags.
    """

    mods: tuple[Folder, ...]
    hoc: tuple[Folder, ...] = ()
    exclude: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    repository: Pin | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exclusion:
    """Tests that are skipped, and why. unless: a NEURON distribution with which they run.

    variants: the variants of the model that they need.
    """

    tests: tuple[str, ...]
    reason: str
    unless: str = ""
    variants: str = ""


@dataclass(frozen=True)
class Profile:
    """How a developed package is tested: `devenv test -e NAME`.

    package: the package to test. tests: paths in its source. workers: of pytest-xdist. forked: run each
    test in its own process. deps: requirements of the tox environment besides pytest. mods: directories
    in front of the model's, for a model of this profile. acceptance: tests of the template to run too.
    """

    package: str
    help: str = ""
    tests: tuple[str, ...] = ()
    workers: int = 1
    forked: bool = True
    deps: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    mods: tuple[Folder, ...] = ()
    acceptance: tuple[str, ...] = ()
    exclude: tuple[Exclusion, ...] = ()


@dataclass(frozen=True)
class Template:
    """A kind of environment. neuron, packages: requirements in pip's notation (PEP 508).

    neuron: empty if the base provides NEURON. base: modules:NAME,NAME, loaded first. spack: the packages
    as specs for the Spack engine; {variants} stands for the variants of the environment.
    """

    name: str
    summary: str
    neuron: str
    packages: tuple[str, ...]
    python: str = "3.11"
    base: str = ""
    model: Model | None = None
    variants: dict[str, Variant] = field(default_factory=dict)
    tests: dict[str, Profile] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    spack: tuple[str, ...] = ()

    @property
    def offered(self) -> dict[str, Variant]:
        """Its own variants and, if it has a model, the build variants of models."""
        return offered(self.variants, f"template {self.name}") if self.model else self.variants

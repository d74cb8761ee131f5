"""Templates, which define kinds of environments. devenv.config reads them from envs/*.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devenv.core.build_variants import BUILD_VARIANTS, with_build_variants
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
        """Its name on the package index."""
        return self.names[0]

    @property
    def in_spack(self) -> str:
        """Its name in Spack."""
        return f"py-{self.name}" if self.kind == "python" else self.name


@dataclass(frozen=True)
class Folder:
    """A directory that is part of a model: of a package, of a repository, or beside the file itself.

    package: its name, or "devenv" for files of devenv itself. url, ref: a git repository, and a branch,
    tag or commit of it. path: relative to the root of the package, to the repository, or, without
    either, to the directory of the file; empty: the package's own `mods` (or `hoc`), or all of the
    repository. when: the variants that include it. flags: C++ compiler flags for the MOD files in it.
    prefix: is put in front of the names of its MOD files and of their mechanisms, so that one model can
    contain two sets with the same names.
    """

    package: str = ""
    path: str = ""
    when: str = ""
    flags: tuple[str, ...] = ()
    prefix: str = ""
    url: str = ""
    ref: str = ""

    @property
    def origin(self) -> str:
        """What its path is relative to: a package, ``URL@REF``, or empty for the folder of the file."""
        return f"{self.url}@{self.ref}" if self.url else self.package


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
class Description:
    """What a package brings to an environment: `[tool.devenv]` in its own pyproject.toml.

    mods, hoc, env and the others: as in `Package`, with paths that start at the folder which holds the
    package's top-level modules, so that they are the same in a checkout and where it is installed.
    """

    modules: tuple[str, ...] = ()
    mods: tuple[str, ...] = ()
    hoc: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    no_special: dict[str, str] = field(default_factory=dict)
    in_ranks: str = ""
    tests: dict[str, Profile] = field(default_factory=dict)
    data: dict[str, Data] = field(default_factory=dict)

    def of(self, package: Package) -> Package:
        """`package` with the described values in place of its own."""
        names = ("modules", "mods", "hoc", "env", "no_special", "in_ranks")
        said = {name: getattr(self, name) for name in names if getattr(self, name)}
        return replace(package, **said)


@dataclass(frozen=True)
class Data:
    """Files that an environment's simulations need, and where they come from: one of the three.

    git, ref: a repository, and its branch, tag or commit. url, sha256: an archive (.tar.gz, .tar.xz,
    .tar.bz2, .zip), and its hash. folder: one of this machine, which is used where it stands.
    """

    git: str = ""
    ref: str = ""
    url: str = ""
    sha256: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Template:
    """A kind of environment. neuron, packages: requirements in pip's notation (PEP 508).

    neuron: empty if the base provides NEURON. base: modules:NAME,NAME, loaded first. spack: the packages
    as specs for the Spack engine; {variants} stands for the variants of the environment. catalogue:
    what packages provide that neither devenv nor they themselves describe. data: files that
    `devenv data get` downloads. conda: the packages as specs for the conda engine. channels: of
    conda packages, the first one first: names, addresses or directories.
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
    data: dict[str, Data] = field(default_factory=dict)
    catalogue: dict[str, Description] = field(default_factory=dict)
    spack: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def offered_variants(self) -> dict[str, Variant]:
        """Its own variants and, if it has a model, the build variants of models; if not, the one that
        compiled dev sources have too."""
        if self.model:
            return with_build_variants(self.variants, f"template {self.name}")
        return {"build_type": BUILD_VARIANTS["build_type"], **self.variants}


NO_TEMPLATE = Template("(none)", "", neuron="", packages=(), python=">=3.10")
"""Of an environment that says itself what it consists of: by specs, or by a manifest."""

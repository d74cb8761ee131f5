"""What a kind of environment is. Decoded from envs/*.yaml by devenv.config."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devenv.core.build_variants import offered
from devenv.core.spec import Variant


@dataclass(frozen=True)
class Package:
    """A package that can be developed, and what it brings to an environment.

    names: all it goes by; the first is its name on the index. git: where its source lives.
    mods, hoc: folders with MOD and HOC files. env: variables. Their paths start at the folder that
    holds the package's top-level modules ({root}); those of a `model` package at the source's root.
    no_special: variables that make it load the library instead of running special. in_ranks: the one
    of `env` that names the folder whose init.py special runs in every rank.
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
        """What Spack calls it."""
        return f"py-{self.name}" if self.kind == "python" else self.name


@dataclass(frozen=True)
class Folder:
    """Folders that take part in a model: of a package, of a repository, or beside the file itself.

    package: its name, or "devenv" for what devenv brings. url, ref: a git repository, and its branch,
    tag or commit. path: below the package's root, the repository, or the folder of the file where
    neither is named; empty: the package's own `mods` (or `hoc`), or all of the repository. when: the
    variants under which it takes part. flags: for the C++ compiler, for the mods in it alone. prefix:
    goes in front of the names of its mods and of their mechanisms, so that two sets with the same
    names can be in one model.
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
        """What its path starts at: a package, ``URL@REF``, or empty for the folder of the file."""
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

    mods: folders in order of precedence, the first file of a name wins. hoc: folders for
    HOC_LIBRARY_PATH, in order. exclude: mods that are left out, each with the reason. duplicates: mods
    that are left out where another one takes part and defines the same, each with that other one.
    repository: the pinned repository that some folders come from.
    flags: for the C++ compiler.
    """

    mods: tuple[Folder, ...]
    hoc: tuple[Folder, ...] = ()
    exclude: dict[str, str] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    repository: Pin | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exclusion:
    """Tests left out by name, and why. unless: a NEURON distribution with which they run.

    variants: those of the model that they need when they run.
    """

    tests: tuple[str, ...]
    reason: str
    unless: str = ""
    variants: str = ""


@dataclass(frozen=True)
class Profile:
    """How a developed package is tested: `devenv test -e NAME`.

    package: whose tests. tests: paths in its source. workers: pytest-xdist's. forked: a process for
    each test. deps: what the tox environment holds beside pytest. mods: folders put in front of the
    model's for this profile's own model. acceptance: the template's own tests that run as well.
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
        """`package` with what is described here in place of what it had."""
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
    """A kind of environment. neuron, packages: requirements as pip writes them (PEP 508).

    neuron: empty where it is not ours: the base brings it. base: modules:NAME,NAME, loaded first.
    spack: the same as specs for the Spack engine, with {variants} for those of the environment.
    catalogue: what packages bring that neither devenv nor they themselves describe. data: files that
    `devenv data get` fetches.
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

    @property
    def offered(self) -> dict[str, Variant]:
        """Its variants, and those of how a model is built where it has one."""
        return offered(self.variants, f"template {self.name}") if self.model else self.variants

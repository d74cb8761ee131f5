"""A dev source of the kind `toolchain`: NEURON itself, compiled from a clone by CMake and ninja.

    toolchains/neuron@<key>/   one for each clone and each set of options: where ninja compiles
        src/       the clone, by links; what an empty submodule lacks comes from the system
        build/     CMake's binary directory
        installed-from-here/   what `cmake --install` writes: the same path for every content
    neuron/<key>/              the installation of one content: a product
    headers/<key>/             a copy of its headers, which mechanisms are compiled with

The paths that the compiler sees are the same for every content, so ninja compiles what was edited, and
the same in every clone relative to `toolchains/…`, so ccache finds what another clone compiled.
NEURON's Python and HOC files are no content: the installation has links to those in the clone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from devenv.core.content import digest
from devenv.core.product import Input, Inputs, key_of, names_input
from devenv.core.spec import Value, Variant
from devenv.sources.backend import build_flags

KIND = "neuron"
WORK = "toolchains"
RECIPE = "devenv toolchain 1"

PYTHON = "share/lib/python/neuron"
HOC = "share/lib/hoc"
_IGNORED = ("docs", "doc", "test", "tests", "ci", "packaging", "mingw_files")
"""Directories at the top, and at the top of a submodule, that nothing is compiled from."""
_SUPPRESSIONS = ".sanitizers"
_TEXTS = (".md", ".rst", ".yml", ".yaml", ".json", ".txt")
_DRIVES = ("CMakeLists.txt", "pyproject.toml")
_COMPILED_PYTHON = (".pyx", ".pxd", ".in", ".cpp", ".c", ".h", ".hpp")

BUILD_TYPES = {"Release": "RelWithDebInfo"}
"""A model's `Release` stands for what NEURON compiles itself as by default."""

VARIANTS = {"coreneuron": Variant(help="NEURON with CoreNEURON")}
"""What a developed NEURON offers beside the build variants of models."""


@dataclass(frozen=True)
class BuildOptions:
    """How NEURON is compiled. build_type: CMake's. sanitizers: "address", "undefined".

    mpi: the flavours that it can open.
    """

    build_type: str = "RelWithDebInfo"
    sanitizers: tuple[str, ...] = ()
    coreneuron: bool = False
    mpi: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildTools:
    """What compiles it. Programs are absolute paths; ccache: empty for none.

    cxx, cc: as argv. compiler: their identity. python: the interpreter that it is for, of
    `python_version`. site: the directory with the packages that the build imports, bins: with their
    programs; packages: their lock. mpi: flavour -> its directories of headers. mpi_suffix: of the
    programs of the one MPI that it is for, such as mpiexec.mpich. replaced: submodule -> the directory
    that takes the place of an empty one.
    """

    cmake: str
    ninja: str
    cxx: tuple[str, ...]
    cc: tuple[str, ...]
    compiler: str
    python: str
    python_version: str
    site: str
    bins: str
    packages: tuple[str, ...] = ()
    ccache: str = ""
    mpi: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mpi_suffix: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceTree:
    """A clone as it is at a moment. files: those that are compiled -> the hash of each. live: Python and
    data files below PYTHON, relative to it. git: its git directory, empty for none. clone: the clone of
    which this is one commit, checked out; empty for the clone itself.
    """

    path: str
    files: Mapping[str, str]
    live: tuple[str, ...]
    git: str = ""
    clone: str = ""

    @property
    def content(self) -> str:
        """The hash of all that an installation is made from."""
        parts = (part for name, found in sorted(self.files.items()) for part in (name, found))
        return digest(*parts, "live", *self.live)


def is_content(name: str) -> bool:
    """Whether something is compiled from the file: not from documentation, tests and CI, and not from
    Python and HOC files, which are linked. name: relative to the clone."""
    parts = name.split("/")
    hidden = parts[0].startswith(".") and parts[0] != _SUPPRESSIONS
    if hidden or parts[0] in _IGNORED:
        return False
    if parts[0] == "external" and len(parts) > 3 and parts[2] in _IGNORED:
        return False
    if name.startswith(f"{HOC}/"):
        return parts[-1] == "CMakeLists.txt"
    if name.startswith(f"{PYTHON}/"):
        return not is_live(name)
    return len(parts) > 1 or parts[0] in _DRIVES or not parts[0].endswith(_TEXTS)


def is_live(name: str) -> bool:
    """Whether an installation links to the file, so that an edit needs no build."""
    inside = name.startswith(f"{PYTHON}/")
    last = posixpath.basename(name)
    return inside and last != "CMakeLists.txt" and not last.endswith(_COMPILED_PYTHON)


def build_options(variants: Mapping[str, Value], mpi: tuple[str, ...]) -> BuildOptions:
    """The options for an environment's NEURON, from its variants. mpi: the flavours with headers."""
    flags = build_flags(variants)
    flavour = str(variants.get("mpi", "any"))
    return BuildOptions(
        build_type=BUILD_TYPES.get(flags.build_type, flags.build_type),
        sanitizers=flags.sanitizers,
        coreneuron=variants.get("coreneuron") is True or variants.get("gpu") is True,
        mpi=mpi if flavour == "any" else (flavour,),
    )


@dataclass(frozen=True)
class ToolchainBuild:
    """One build of one clone. home: $DEVENV_HOME."""

    home: str
    tree: SourceTree
    options: BuildOptions
    tools: BuildTools

    @property
    def settings(self) -> Inputs:
        """All inputs except the content of the clone."""
        options, tools, tree = self.options, self.tools, self.tree
        # All commits of a clone are compiled in one folder, one after the other.
        source = ("commits of", tree.clone) if tree.clone else (tree.path,)
        sanitizers = ",".join(options.sanitizers) or "none"
        include = (word for name in options.mpi for word in (name, *tools.mpi[name]))
        return (
            Input("recipe", (RECIPE,)),
            Input("source", source),
            Input("build type", (options.build_type,)),
            Input("sanitizers", (sanitizers,)),
            Input("CoreNEURON", ("with it" if options.coreneuron else "without it",)),
            Input("MPI", tuple(include)),
            Input("compiler", (tools.compiler, *tools.cxx, *tools.cc)),
            Input("Python", (tools.python_version, tools.python)),
            Input("build packages", (digest(*tools.packages),), f"{len(tools.packages)} lines"),
            Input(
                "replaced submodules", tuple(f"{k}={v}" for k, v in sorted(tools.replaced.items()))
            ),
        )

    @property
    def inputs(self) -> Inputs:
        """All inputs, with one for each file of the clone."""
        path, live = self.tree.path, self.tree.live
        files = (
            Input(name, (found,), posixpath.join(path, name))
            for name, found in sorted(self.tree.files.items())
        )
        names = (
            names_input("Python files", live),
            names_input("file names", sorted(self.tree.files)),
        )
        commit = (Input("commit", (path,)),) if self.tree.clone else ()
        return (*self.settings, *commit, *names, *files)

    @property
    def key(self) -> str:
        """The name of the installation in the store: the hash of all inputs."""
        return key_of(self.inputs)

    @property
    def place(self) -> str:
        """The path of the installation in the store."""
        return posixpath.join(self.home, KIND, self.key)

    @property
    def work(self) -> str:
        """The directory in which it is compiled."""
        return posixpath.join(self.home, WORK, f"neuron@{key_of(self.settings)[:20]}")

    @property
    def prefix(self) -> str:
        """CMake's install prefix. Its path is longer than that of a product, which takes its place in
        programs."""
        return posixpath.join(self.work, "installed-from-here")

    @property
    def log(self) -> str:
        """The log of its builds."""
        return posixpath.join(self.home, "log", f"{posixpath.basename(self.work)}.log")

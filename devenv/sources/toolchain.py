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
Sources: NEURON's CMakeLists.txt, cmake/BuildOptionDefaults.cmake and cmake/SanitizerHelper.cmake.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.content import digest
from devenv.core.plan import LinkFiles, Relocate, RemovePath, Run, Step, Write
from devenv.core.product import Input, Inputs, Product, key_of
from devenv.core.spec import Value, Variant

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

PROGRESS = r"^\[(\d+/\d+)\]"
"""Of a line of ninja's."""


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
    programs; packages: their lock. mpi: flavour -> its directories of headers. replaced: submodule ->
    the directory that takes the place of an empty one.
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
    mpi: Mapping[str, tuple[str, ...]] = ()  # type: ignore[assignment]
    replaced: Mapping[str, str] = ()  # type: ignore[assignment]


@dataclass(frozen=True)
class SourceTree:
    """A clone as it is at a moment. files: those that are compiled -> the hash of each. live: Python and
    data files below PYTHON, relative to it. git: its git directory, empty for none.
    """

    path: str
    files: Mapping[str, str]
    live: tuple[str, ...]
    git: str = ""

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
    """Whether an installation has a link to the file, so that an edit is seen with no build."""
    inside = name.startswith(f"{PYTHON}/")
    last = posixpath.basename(name)
    return inside and last != "CMakeLists.txt" and not last.endswith(_COMPILED_PYTHON)


def build_options(variants: Mapping[str, Value], mpi: tuple[str, ...]) -> BuildOptions:
    """What the variants of an environment ask of its NEURON. mpi: the flavours with headers here."""
    asked = str(variants.get("build_type", "Release"))
    sanitizers = str(variants.get("sanitizers", "none"))
    flavour = str(variants.get("mpi", "any"))
    return BuildOptions(
        build_type=BUILD_TYPES.get(asked, asked),
        sanitizers=() if sanitizers == "none" else tuple(sanitizers.split(",")),
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
        """All that it is made from but for the content of the clone."""
        options, tools = self.options, self.tools
        sanitizers = ",".join(options.sanitizers) or "none"
        include = (word for name in options.mpi for word in (name, *tools.mpi[name]))
        return (
            Input("recipe", (RECIPE,)),
            Input("source", (self.tree.path,)),
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
        """All that it is made from: of the clone, each file by itself."""
        path, live = self.tree.path, self.tree.live
        files = (
            Input(name, (found,), posixpath.join(path, name))
            for name, found in sorted(self.tree.files.items())
        )
        names = Input("Python files", (digest(*live),), f"{len(live)} names")
        return (*self.settings, names, *files)

    @property
    def key(self) -> str:
        return key_of(self.inputs)

    @property
    def place(self) -> str:
        """The installation."""
        return posixpath.join(self.home, KIND, self.key)

    @property
    def work(self) -> str:
        """Where it is compiled."""
        return posixpath.join(self.home, WORK, f"neuron@{key_of(self.settings)[:20]}")

    @property
    def prefix(self) -> str:
        """CMake's install prefix. Its path is longer than that of a product, which takes its place in
        programs."""
        return posixpath.join(self.work, "installed-from-here")

    @property
    def log(self) -> str:
        return posixpath.join(self.home, "log", f"{posixpath.basename(self.work)}.log")


def cmake_arguments(build: ToolchainBuild) -> tuple[str, ...]:
    """The arguments of CMake's configuration."""
    options, tools = build.options, build.tools
    include = ";".join(folder for name in options.mpi for folder in tools.mpi[name])
    values = {
        "CMAKE_INSTALL_PREFIX": build.prefix,
        "CMAKE_MAKE_PROGRAM": tools.ninja,
        "CMAKE_BUILD_TYPE": options.build_type,
        "CMAKE_CXX_COMPILER": ";".join(tools.cxx),
        "CMAKE_C_COMPILER": ";".join(tools.cc),
        "CMAKE_C_COMPILER_LAUNCHER": tools.ccache,
        "CMAKE_CXX_COMPILER_LAUNCHER": tools.ccache,
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
        "PYTHON_EXECUTABLE": tools.python,
        "Python_EXECUTABLE": tools.python,
        "CYTHON_EXECUTABLE": posixpath.join(tools.bins, "cython"),
        "NRN_ENABLE_INTERVIEWS": "OFF",
        "NRN_ENABLE_CORENEURON": "ON" if options.coreneuron else "OFF",
        "NRN_ENABLE_RX3D": "ON",
        "NRN_ENABLE_TESTS": "OFF",
        "NRN_ENABLE_MPI": "ON" if options.mpi else "OFF",
        "NRN_ENABLE_MPI_DYNAMIC": "ON" if options.mpi else "OFF",
        "NRN_MPI_DYNAMIC": include,
        "NRN_ENABLE_PYTHON_DYNAMIC": "ON",
        "NRN_ENABLE_REL_RPATH": "ON",
        "NRN_SANITIZERS": ",".join(options.sanitizers),
    }
    sets = (f"-D{name}={value}" for name, value in values.items() if value)
    source, binary = posixpath.join(build.work, "src"), posixpath.join(build.work, "build")
    return (tools.cmake, "-G", "Ninja", "-S", source, "-B", binary, *sets)


def variables(build: ToolchainBuild, path: str) -> tuple[tuple[str, str], ...]:
    """Variables of the build's commands. path: the PATH of the process.

    git is told where the clone is, since `src` is a directory of links, and never writes to its index.
    Flags of the user's own would be in no key.
    """
    tools, git = build.tools, build.tree.git
    unset = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "DESTDIR")
    ours = {
        "PATH": f"{tools.bins}:{path}",
        "PYTHONPATH": tools.site,
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_DIR": git,
        "GIT_WORK_TREE": build.tree.path if git else "",
        "CCACHE_BASEDIR": build.work,
        # A debugger finds a file by the directory of its compilation.
        "CCACHE_NOHASHDIR": "" if build.options.build_type == "Debug" else "1",
    }
    return (*((name, "") for name in unset), *ours.items())


def configure_steps(build: ToolchainBuild, path: str) -> tuple[Step, ...]:
    """Steps that configure it, and note with what at the end."""
    run = Run(cmake_arguments(build), "configure", env=variables(build, path), log=build.log)
    text = "\n".join(cmake_arguments(build))
    return (RemovePath(configured(build)), run, Write(configured(build), text))


def configured(build: ToolchainBuild) -> str:
    """The file with the arguments that it was configured with."""
    return posixpath.join(build.work, "configured")


def build_steps(build: ToolchainBuild, path: str, jobs: int) -> tuple[Step, ...]:
    """Steps that compile what changed."""
    tools, binary = build.tools, posixpath.join(build.work, "build")
    compile_ = (tools.cmake, "--build", binary, "--parallel", str(jobs))
    env = variables(build, path)
    return (Run(compile_, "compile", env=env, log=build.log, shows=PROGRESS),)


def install_steps(build: ToolchainBuild, path: str, staging: str) -> tuple[Step, ...]:
    """Steps that make the installation in `staging`, with links to what needs no build."""
    clone, binary = build.tree.path, posixpath.join(build.work, "build")
    install = (build.tools.cmake, "--install", binary)
    return (
        RemovePath(build.prefix),
        Run(install, "install", env=variables(build, path), log=build.log),
        Relocate(build.prefix, staging, build.place),
        RemovePath(build.prefix),
        LinkFiles(posixpath.join(clone, PYTHON), f"{staging}/lib/python/neuron", build.tree.live),
        LinkFiles(posixpath.join(clone, "share/lib"), f"{staging}/share/nrn/lib", ("hoc",)),
    )


MARKS = ("bin", "bin/nrniv", "lib", "lib/libnrniv.so", "include/nrnconf.h", "lib/python/neuron")


def toolchain_product(build: ToolchainBuild, path: str, jobs: int, configure: bool) -> Product:
    """The installation. configure: whether CMake is to be run first."""
    first = (RemovePath(build.log), *(configure_steps(build, path) if configure else ()))
    return Product(
        KIND,
        build.key,
        "NEURON",
        build.inputs,
        lambda staging: (
            *first,
            *build_steps(build, path, jobs),
            *install_steps(build, path, staging),
        ),
        MARKS,
    )


def headers_product(place: str, front: str, others: tuple[str, ...]) -> Product:
    """A copy of the headers of the installation at `place`. front: the hash of them and of the
    translators. others: the other entries of `place`."""
    target = posixpath.join(posixpath.dirname(posixpath.dirname(place)), "headers", front[:20])
    return Product(
        "headers",
        front[:20],
        "NEURON's headers",
        (Input("headers and translators", (front,)),),
        lambda staging: (Relocate(place, staging, target, others),),
        ("include", "include/nrnconf.h"),
    )

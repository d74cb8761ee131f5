"""A dev source of the kind `extension`: a package with compiled modules. Pure.

    building/<package>@<key>/      one for each source, Python and set of flags: where its backend builds
        source/     a copy of the source; a file whose content is the same keeps its time
        build/      the backend's build directory, so that it compiles what was edited
        names       the hash of the names of the files that it was made from
        compile_commands.json       for editors, with the paths of the source
    builders/<key>/                the Python with the backend
    extensions/<package>@<key>/    the wheel of one content, unpacked: a product
        files/      the files of the wheel
        files.json  each of them -> the file of the source that is the same
    overlays/<key>/                links to the Python files of the source, and to the compiled modules

The backend compiles in a path of ours that is always the same: nothing is written into the source, and
an incremental build finds what it compiled before.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.ccache import NO_DIRECT_MODE
from devenv.core.content import digest
from devenv.core.interpreter import Interpreter
from devenv.core.plan import NINJA_PROGRESS, Run, Step, Write
from devenv.core.product import Input, Inputs, Product, key_of, names_input
from devenv.sources.backend import Backend, BuildFlags, compiler_options, settings_for
from devenv.sources.overlay import ROOTS

KIND = "extensions"
WORK = "building"
BUILDERS = "builders"
FILES = "files.json"
TOOLS = "tools.json"
BUSY = "busy"
"""In a directory of `building`: a backend began, and has not ended."""
NAMES = "names"
"""In a directory of `building`: `names_digest` of the files that the backend's build directory is of."""
RECIPE = "devenv extension 1"

_APART = ("tests", "test", "docs", "doc", "examples", "benchmarks")
_TEXTS = (".py", ".md", ".rst", ".ipynb")
_HIDDEN = (".github", ".gitlab", ".vscode", ".idea", ".circleci", ".devcontainer")
_PYTHON = (".py", ".pyi")
_NO_HEADERS = (*_TEXTS, ".pyi", ".rs")
_LIBRARIES = (".so", ".pyd", ".dylib")
_FILE = "./"
"""In front of the name of an input that is a file of the source."""


@dataclass(frozen=True)
class ExtensionBuild:
    """One build of one source. home: $DEVENV_HOME. files: of the source, name -> hash of its content.

    version: what git says of it, for a package that takes its version from git. variables: see
    `build_variables`. scripts: the hashes of compilers that are scripts. tools: what the builder has
    installed. inside: the directory of the package in the copy, which is of its whole repository. clone:
    the source of which this is one commit.
    """

    home: str
    package: str
    source: str
    files: Mapping[str, str]
    backend: Backend
    interpreter: Interpreter
    flags: BuildFlags
    version: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    scripts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    inside: str = ""
    clone: str = ""

    @property
    def settings(self) -> Inputs:
        """All inputs except the content of the source and the versions of the tools."""
        variables = (*(f"{name}={value}" for name, value in self.variables), *self.scripts)
        # All commits of a source are compiled in one copy, one after the other.
        source = ("commits of", self.clone) if self.clone else (self.source,)
        return (
            Input("recipe", (RECIPE,)),
            Input("source", (self.package, *source)),
            Input("Python", (self.interpreter.version, self.interpreter.path)),
            Input("backend", (self.backend.name, *self.backend.path)),
            Input("build requirements", self.backend.requires),
            Input("flags", self.flags.words),
            Input("variables", variables),
        )

    @property
    def inputs(self) -> Inputs:
        """All inputs, with one for each file of the source."""
        files = (
            Input(f"{_FILE}{name}", (found,), posixpath.join(self.source, name))
            for name, found in sorted(self.files.items())
        )
        names = names_input("file names", sorted(self.files))
        version = Input("version", (self.version,))
        return (*self.settings, version, Input("tools", self.tools), names, *files)

    @property
    def name(self) -> str:
        """The name of the product."""
        return f"{self.package}@{key_of(self.inputs)[:20]}"

    @property
    def work(self) -> str:
        """The directory in which it is compiled."""
        return posixpath.join(self.home, WORK, f"{self.package}@{key_of(self.settings)[:20]}")

    @property
    def copy(self) -> str:
        """The copy of the package in `work`."""
        return posixpath.normpath(posixpath.join(self.work, "source", self.inside))

    @property
    def log(self) -> str:
        """The log of its builds."""
        return posixpath.join(self.home, "log", f"extension-{posixpath.basename(self.work)}.log")


def counts(name: str, live: frozenset[str] = frozenset()) -> bool:
    """Whether an edit of the file can change what is compiled. live: `live_files` of a build."""
    parts = name.split("/")
    apart = len(parts) > 1 and parts[0] in _APART and name.endswith(_TEXTS)
    return not (apart or parts[0] in _HIDDEN or name in live)


def live_files(originals: Mapping[str, str]) -> frozenset[str]:
    """The Python files of the source that are used as they are: an edit of one compiles nothing.

    originals: files.json. A Python file with a compiled module of its own name is compiled (Cython).
    """
    modules = {name.split(".")[0] for name in originals if is_library(name)}
    return frozenset(
        original
        for name, original in originals.items()
        if original and name.endswith(_PYTHON) and name.split(".")[0] not in modules
    )


def is_library(name: str) -> bool:
    """Whether a file is a shared library, by its name."""
    return name.endswith(_LIBRARIES) or ".so." in name


def edited(made_from: Inputs, originals: Mapping[str, str], files: Mapping[str, str]) -> list[str]:
    """The files of the source that changed since a product was made, and are not live; sorted."""
    live, before = live_files(originals), files_in(made_from)
    names = {name for name in (*before, *files) if counts(name, live)}
    return sorted(name for name in names if before.get(name) != files.get(name))


def files_in(made_from: Inputs) -> dict[str, str]:
    """The files of the source that a product was made from: name -> hash."""
    files = (one for one in made_from if one.name.startswith(_FILE))
    return {one.name.removeprefix(_FILE): one.values[0] for one in files}


def same_settings(made_from: Inputs, build: ExtensionBuild) -> bool:
    """Whether a product was made for the same source, Python, backend, flags and variables."""
    before = {one.name: one.values for one in made_from}
    version = (Input("version", (build.version,)),)
    return all(before.get(one.name) == one.values for one in (*build.settings, *version))


def builder_product(build: ExtensionBuild, script: str, uv: Sequence[str], log: str) -> Product:
    """The Python with the backend and all that it requires. script: build.py of devenv's resources.

    What a backend requires of its own can depend on the packaging files: they count too.
    """
    packaging = ("pyproject.toml", "setup.py", "setup.cfg")
    inputs = (
        Input("recipe", (RECIPE,)),
        *(one for one in build.settings if one.name in ("Python", "backend", "build requirements")),
        *(Input(n, (build.files[n],)) for n in packaging if n in build.files),
    )
    source = build.copy

    def steps(staging: str) -> tuple[Step, ...]:
        python = posixpath.join(staging, "bin", "python")
        more, tools = posixpath.join(staging, "more.txt"), posixpath.join(staging, TOOLS)
        install = (*uv, "pip", "install", "--quiet", "--link-mode", "copy", "--python", python)
        env = _variables(build, "")
        venv = (
            *uv,
            "venv",
            "--quiet",
            "--relocatable",
            "--python",
            build.interpreter.path,
            staging,
        )
        return (
            Run(venv, log=log),
            Run((*install, *build.backend.requires), "install the build tools", log=log),
            Run((python, script, "requires", more), cwd=source, env=env, log=log),
            Run((*install, "-r", more), "install the build tools", log=log),
            Run((python, script, "tools", tools), cwd=source, env=env, log=log),
        )

    return Product(
        BUILDERS, key_of(inputs)[:20], f"the build tools of {build.package}", inputs, steps
    )


def extension_product(build: ExtensionBuild, script: str, builder: str, ccache: str) -> Product:
    """The wheel of the copy in the working directory, unpacked. builder: a `builder_product`."""
    source, busy = build.copy, posixpath.join(build.work, BUSY)
    python = posixpath.join(builder, "bin", "python")
    env = _variables(build, ccache)
    title = f"compile {build.package}"

    def steps(staging: str) -> tuple[Step, ...]:
        run = Run(
            (python, script, "wheel", staging), title, source, env, build.log, shows=NINJA_PROGRESS
        )
        record = Write(posixpath.join(staging, "builder.yaml"), f"builder: {json.dumps(builder)}\n")
        return (Write(busy, ""), record, run)

    return Product(KIND, build.name, build.package, build.inputs, steps)


def _variables(build: ExtensionBuild, ccache: str) -> tuple[tuple[str, str], ...]:
    """The variables of the backend's process, on top of a clean environment."""
    place = posixpath.join(build.work, "build")
    asked = {
        "backend": build.backend.name,
        "path": build.backend.path,
        "settings": settings_for(build.backend, place, build.flags),
        "roots": ROOTS,
        "build": place,
        "source": build.source,
    }
    options = " ".join(compiler_options(build.backend, build.flags))
    given = dict(build.variables)
    flags = {
        name: f"{given.get(name, '')} {options}".strip()
        for name in ("CFLAGS", "CXXFLAGS", *(("LDFLAGS",) if build.flags.sanitizers else ()))
        if options
    }
    compilers = {
        name: f"{ccache} {given.get(name, plain)}"
        for name, plain in (("CC", "cc"), ("CXX", "c++"))
        if ccache and build.backend.module not in ("scikit_build_core", "mesonpy")
    }
    launchers = {
        "CMAKE_C_COMPILER_LAUNCHER": ccache,
        "CMAKE_CXX_COMPILER_LAUNCHER": ccache,
        "CCACHE_BASEDIR": build.work,
        "CCACHE_NOHASHDIR": "1",
        **NO_DIRECT_MODE,
    }
    found = {
        "DEVENV_BUILD": json.dumps(asked),
        "CARGO_TARGET_DIR": place,
        "LC_ALL": "C.UTF-8",
        **(launchers if ccache else {}),
        **compilers,
        **flags,
    }
    return tuple(found.items())


def names_digest(files: Iterable[str]) -> str:
    """The hash of the names of those files that a compiler can find in the place of another one."""
    return digest(
        *sorted(name for name in files if counts(name) and not name.endswith(_NO_HEADERS))
    )


def content_digest(files: Mapping[str, str], originals: Mapping[str, str]) -> str:
    """The hash of all files of a source that can change what is compiled."""
    live = live_files(originals)
    kept = sorted((name, found) for name, found in files.items() if counts(name, live))
    return digest(*(part for pair in kept for part in pair))

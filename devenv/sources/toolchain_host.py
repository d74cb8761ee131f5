"""Finds what this machine has to compile NEURON with, and reports what is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.core.environment import DevSource
from devenv.core.errors import PreconditionError, UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.mpi import FLAVOURS
from devenv.core.spec import Value
from devenv.sources.toolchain import BuildOptions, BuildTools, build_options
from devenv.sources.toolchain_tree import empty_submodules
from devenv.system import git, host, mpi, pythons

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PROGRAMS = {"cmake": "cmake", "ninja": "ninja-build", "flex": "flex", "bison": "bison"}
"""Program -> Debian's package."""
_LIBRARIES = {"readline/readline.h": "libreadline-dev"}
_CORENEURON_LIBRARIES = {"FlexLexer.h": "libfl-dev"}
"""Header -> Debian's package; the second are those of NMODL, CoreNEURON's translator."""
_EIGEN = ("/usr/include/eigen3", "/usr/local/include/eigen3")
_UNUSED = ("external/iv", "external/catch2", "external/backward", "test/")
"""Submodules of NEURON's graphical interface, its tests and its backtraces."""
_CORENEURON = ("external/CLI11", "external/json", "external/pybind11", "external/spdlog")


@dataclass(frozen=True)
class Requirements:
    """The requirements in NEURON's pyproject.toml: of its build, and at run time."""

    build: tuple[str, ...]
    run: tuple[str, ...]


def requirements_of(path: Path) -> Requirements:
    """Those of the clone; none where it has no pyproject.toml. Those of its wheels' own build system are
    not needed."""
    file = path / "pyproject.toml"
    if not file.is_file():
        return Requirements((), ())
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    build = found.get("build-system", {}).get("requires", ())
    needed = (one for one in build if not one.startswith(("scikit-build", "setuptools-scm")))
    return Requirements(tuple(needed), tuple(found.get("project", {}).get("dependencies", ())))


@dataclass(frozen=True)
class Missing:
    """A missing part. what: for people. packages: of Debian. command: another way to get it."""

    what: str
    packages: str = ""
    command: str = ""


def find_tools(
    source: DevSource,
    interpreter: Interpreter,
    variants: Mapping[str, Value],
    environ: Mapping[str, str],
) -> BuildTools:
    """The tools for the clone, without the packages.

    PreconditionError that names all that is missing, with the commands that install it. UsageError for
    options that NEURON cannot be compiled with.
    """
    path, clone = Path(source.path), Path(source.clone or source.path)
    found = mpi.flavours_with_headers(environ)
    options = build_options(variants, tuple(found))
    _require_separate(options)
    compiler = host.compiler(environ)
    empty = _needed(empty_submodules(path), options.coreneuron)
    eigen = next((one for one in _EIGEN if Path(one, "Eigen").is_dir()), "")
    replaced = {one: eigen for one in empty if one == "external/eigen" and eigen}
    lacking = [
        *_programs(environ, compiler is not None),
        *_headers(interpreter, found, options.mpi),
        *(_compilers(compiler, options, environ) if compiler else ()),
        *_submodules(clone, [one for one in empty if one not in replaced]),
    ]
    if lacking or compiler is None:
        raise _missing(clone, lacking)
    programs = {name: _which(name, environ) for name in _PROGRAMS}
    return BuildTools(
        cmake=programs["cmake"],
        ninja=programs["ninja"],
        cxx=compiler.cxx,
        cc=compiler.cc,
        compiler=compiler.identity,
        python=interpreter.path,
        python_version=interpreter.version,
        site="",
        bins="",
        ccache=host.ccache(environ),
        mpi=found,
        mpi_suffix=_suffix(options, environ),
        replaced=replaced,
    )


def _which(name: str, environ: Mapping[str, str]) -> str:
    return shutil.which(name, path=environ.get("PATH", os.defpath)) or ""


def _suffix(options: BuildOptions, environ: Mapping[str, str]) -> str:
    """By which Debian tells the programs of one MPI from those of another."""
    suffix = f".{options.mpi[0]}" if len(options.mpi) == 1 else ""
    return suffix if suffix and _which(f"mpicxx{suffix}", environ) else ""


def _needed(empty: Sequence[str], coreneuron: bool) -> list[str]:
    unused = _UNUSED if coreneuron else (*_UNUSED, *_CORENEURON)
    return [one for one in empty if not one.startswith(unused)]


def _programs(environ: Mapping[str, str], compiler: bool) -> Iterator[Missing]:
    for program, package in _PROGRAMS.items():
        if not _which(program, environ):
            yield Missing(program, package)
    if not compiler:
        yield Missing("a C++ compiler", "g++")


def _headers(
    interpreter: Interpreter,
    found: Mapping[str, tuple[str, ...]],
    wanted: Sequence[str],
) -> Iterator[Missing]:
    if not pythons.has_headers(interpreter.path):
        minor = ".".join(interpreter.version.split(".")[:2])
        yield Missing(f"the headers of {interpreter.path}", f"python{minor}-dev")
    if not found and not wanted:
        packages = " ".join(one.packages.split()[-1] for one in FLAVOURS.values())
        yield Missing("the headers of an MPI", packages)
    for flavour in wanted:
        if flavour not in found:
            one = FLAVOURS[flavour]
            yield Missing(f"the headers of {one.title}", one.packages.split()[-1])


def _compilers(
    compiler: host.Compiler, options: BuildOptions, environ: Mapping[str, str]
) -> Iterator[Missing]:
    """What the compiler does not find of other libraries, and of its own."""
    packages = {**_LIBRARIES, **(_CORENEURON_LIBRARIES if options.coreneuron else {})}
    folders = [f"{one}/include" for one in environ.get("CMAKE_PREFIX_PATH", "").split(":") if one]
    for header in host.missing_headers(compiler.cxx, packages, environ, folders):
        yield Missing(header, packages[header])
    asan = "address" in options.sanitizers
    if asan and not host.compilers_library(compiler.cxx, "libasan.so", environ):
        yield Missing("the compiler's libasan", command="Use g++: CXX=g++")


def _require_separate(options: BuildOptions) -> None:
    """Source: external/coding-conventions/cpp/cmake/sanitizers.cmake."""
    if len(options.sanitizers) > 1 and "undefined" in options.sanitizers:
        raise UsageError(
            f"sanitizers={','.join(options.sanitizers)}: NEURON is compiled with one of them",
            fix="Use two environments: sanitizers=address and sanitizers=undefined.",
        )


def _submodules(path: Path, empty: Sequence[str]) -> Iterator[Missing]:
    for one in empty:
        package = "libeigen3-dev" if one == "external/eigen" else ""
        command = "" if package else git.submodule_command(str(path))
        yield Missing(f"the submodule {one}", package, command)


def _missing(path: Path, lacking: Sequence[Missing]) -> PreconditionError:
    packages = " ".join(one.packages for one in lacking if one.packages)
    commands = dict.fromkeys(one.command for one in lacking if one.command)
    install = [host.install_hint(*packages.split())] if packages else []
    what = ", ".join(one.what for one in lacking)
    return PreconditionError(
        f"NEURON in {path} cannot be compiled here; missing: {what}",
        fix="\n  ".join((*install, *commands)),
    )

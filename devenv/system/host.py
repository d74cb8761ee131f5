"""Facts about this machine: compilers, libraries, and how to install what is missing."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.content import digest
from devenv.core.errors import PreconditionError, StateError
from devenv.system.process import capture, run_all


def is_terminal() -> bool:
    """Whether standard input is a terminal."""
    return os.isatty(0)


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler and its C compiler, as argv.

    identity: the hashes of those of the two that are scripts, which may pass any options on; the first
    line of ``--version``; and, last, the target.
    """

    cxx: tuple[str, ...]
    cc: tuple[str, ...]
    identity: str


_USUAL = {"CC": "cc", "CXX": "c++"}
_PAIRS = {"c++": "cc", "g++": "gcc", "clang++": "clang"}


def compiler(environ: Mapping[str, str]) -> Compiler | None:
    """The compiler in CXX (and CC), else the first working one of c++, g++ and clang++.

    None if there is none; PreconditionError if the one in CXX or CC does not work. A leading ccache is
    dropped: `ccache` decides whether to use it.
    """
    cxx, identity = _named("CXX", environ)
    cc, _ = _named("CC", environ)
    if cxx:
        return _compiler(cxx, cc or _companion(cxx, environ), identity)
    for name in _PAIRS:
        argv = _which((name,), environ)
        if argv and (identity := _identity(argv, environ)):
            return _compiler(argv, cc or _companion(argv, environ), identity)
    return None


def _compiler(cxx: tuple[str, ...], cc: tuple[str, ...], identity: str) -> Compiler:
    named = (("CXX", cxx[0]), ("CC", cc[0]))
    scripts = [f"{name}: script {one}, " for name, path in named if (one := _script(path))]
    return Compiler(cxx, cc, "".join((*scripts, identity)))


def compiler_scripts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """``CXX: HASH`` for each compiler in CC and CXX, or else cc and c++, that is a script."""
    given = {name: _words(name, environ) or (usual,) for name, usual in _USUAL.items()}
    found = {name: _which(words, environ) for name, words in given.items()}
    scripts = {name: _script(argv[0]) for name, argv in found.items() if argv}
    return tuple(f"{name}: {one}" for name, one in scripts.items() if one)


def _script(path: str) -> str:
    """The hash of a program that is a script; empty for others. What it starts does not count."""
    with suppress(OSError), Path(path).open("rb") as file:  # a binary need not be readable
        if file.read(2) == b"#!":
            return digest(file.read())[:16]
    return ""


def _named(variable: str, environ: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The compiler in a variable, and its identity; both empty if it is not set."""
    words = _words(variable, environ)
    if not words:
        return (), ""
    argv = _which(words, environ)
    identity = _identity(argv, environ) if argv else ""
    if not identity:
        raise PreconditionError(
            f"{variable}={environ[variable]} is not a working compiler",
            fix=f"Correct it, or unset {variable}.",
        )
    return argv, identity


def _words(variable: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The compiler in a variable as argv, without a leading ccache."""
    words = tuple(shlex.split(environ.get(variable, "")))
    return words[1:] if words and Path(words[0]).name == "ccache" else words


def _which(words: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    path = shutil.which(words[0], path=environ.get("PATH", os.defpath))
    return (path, *words[1:]) if path else ()


def _companion(cxx: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The C compiler for a C++ compiler: ``gcc-12`` for ``g++-12``; itself if there is none."""
    path = Path(cxx[0])
    for plus, plain in (("clang++", "clang"), ("g++", "gcc"), ("c++", "cc"), ("icpx", "icx")):
        if plus in path.name:
            argv = _which((str(path.with_name(path.name.replace(plus, plain))),), environ)
            return (*argv, *cxx[1:]) if argv else cxx
    return cxx


def _identity(argv: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """The first line of ``--version`` and the target; empty if the compiler does not run."""
    queries = ([*argv, "--version"], [*argv, "-dumpmachine"])
    version, target = run_all(queries, environ=environ)
    if version.returncode or not version.stdout.strip():
        return ""
    return f"{version.stdout.strip().splitlines()[0]} {target.stdout.strip()}".strip()


def ccache(environ: Mapping[str, str]) -> str:
    """The path of ccache; empty if there is none, or CCACHE_DISABLE is set."""
    if environ.get("CCACHE_DISABLE"):
        return ""
    return shutil.which("ccache", path=environ.get("PATH", os.defpath)) or ""


_LIBPYTHON = """
import json, sysconfig
names = ("LIBDIR", "LIBPL", "MULTIARCH", "LDLIBRARY", "INSTSONAME", "prefix", "base")
print(json.dumps({name: sysconfig.get_config_var(name) for name in names}))
"""


def libpython(python: str, environ: Mapping[str, str]) -> str:
    """The shared library of an interpreter, which NEURON's nmodl loads; empty for none.

    Debian has it in the multiarch directory in LIBDIR, builds from source in LIBDIR.
    """
    facts = json.loads(capture([python, "-I", "-S", "-c", _LIBPYTHON], environ=environ))
    libdir = facts["LIBDIR"] or ""
    folders = (libdir, os.path.join(libdir, facts["MULTIARCH"] or ""), facts["LIBPL"] or "")  # noqa: PTH118
    for name in (facts["INSTSONAME"], facts["LDLIBRARY"]):
        for folder in folders:
            path = Path(folder, name or "")
            # For a static Python this is an archive, for a framework build a path.
            if path.is_file() and (".so" in path.name or path.suffix == ".dylib"):
                return str(path)
    return ""


def compilers_library(compiler: tuple[str, ...], name: str, environ: Mapping[str, str]) -> str:
    """The path of a library of the compiler (libasan.so); empty for none."""
    path = capture([*compiler, f"-print-file-name={name}"], environ=environ).strip()
    return os.path.realpath(path) if Path(path).is_absolute() else ""


def missing_headers(
    compiler: tuple[str, ...],
    headers: Iterable[str],
    environ: Mapping[str, str],
    folders: Sequence[str] = (),
) -> tuple[str, ...]:
    """The headers that a compiler finds neither in its own folders nor in `folders`."""
    names = tuple(headers)
    # Without variables that a build does not use.
    clean = {n: v for n, v in environ.items() if n not in ("CPATH", "CPLUS_INCLUDE_PATH")}
    where = [f"-I{one}" for one in folders]
    commands = [[*compiler, *where, "-E", "-x", "c++", "-include", n, os.devnull] for n in names]
    results = run_all(commands, environ=clean)
    return tuple(n for n, done in zip(names, results, strict=True) if done.returncode)


def needs_library(library: Path, name: str) -> bool:
    """Whether an ELF file needs a library whose name starts with `name`."""
    from elftools.elf.elffile import ELFFile

    if not library.is_file():
        return False
    with library.open("rb") as file:
        dynamic: Any = ELFFile(file).get_section_by_name(".dynamic")
        tags = dynamic.iter_tags("DT_NEEDED") if dynamic else ()
        return any(tag.needed.startswith(name) for tag in tags)


def exported(library: Path) -> frozenset[str]:
    """The names that an ELF file exports; none for other files."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        with library.open("rb") as file:
            table: Any = ELFFile(file).get_section_by_name(".dynsym")
            symbols = list(table.iter_symbols()) if table else []
    except ELFError:
        return frozenset()
    return frozenset(one.name for one in symbols if one["st_shndx"] != "SHN_UNDEF")


def neuron_version(site: Path) -> str:
    """The version of NEURON in a directory of packages; StateError if it contains none."""
    # The directory name contains it (PEP 376, PEP 427); reading the metadata takes a tenth of a start.
    for folder in site.glob("*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        if name.lower().split("_")[0] == "neuron":
            return version
    # A build from source has no metadata: `site` is lib/python in its prefix, next to include.
    header = site.parents[1] / "include" / "nrnconf.h"
    text = header.read_text(encoding="utf-8", errors="replace") if header.is_file() else ""
    if match := re.search(r'^#define PACKAGE_VERSION "(.+)"', text, re.MULTILINE):
        return match[1]
    raise StateError(f"no NEURON in {site}", fix="Rebuild the environment: devenv build")


def install_hint(*packages: str) -> str:
    """The command that installs Debian packages; on other systems their names."""
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        return f"Install {names} with your system's packages, or load a module that has it."
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y {names}"

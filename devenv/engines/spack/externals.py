"""What the machine has that Spack need not build: how it is asked, and what the answer means.

Spack's own detection takes pyenv's shims for a Python and a wrapper in a virtual environment for a
CMake: here a program counts only where it stands in the ``bin`` of its prefix and says its version.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.site import External


@dataclass(frozen=True)
class Tool:
    """A package and the program that tells its version.

    ask: its arguments. pattern: what its answer is to hold, with the version as the first group. needs:
    a file of its prefix without which the program is a wrapper of one that stands elsewhere.
    """

    package: str
    program: str
    ask: tuple[str, ...] = ("--version",)
    pattern: str = r"(\d+\.\d+[\w.]*)"
    needs: str = ""

    def needed(self, path: str) -> str:
        """The file that must be there too where the program is `path`: itself where none is named."""
        prefix = posixpath.dirname(posixpath.dirname(path))
        return posixpath.join(prefix, self.needs) if self.needs else path


TOOLS = (
    Tool("gcc", "gcc", ("-dumpfullversion",), r"^(\d+\.[\d.]+)$"),
    Tool("llvm", "clang", pattern=r"^(?:\w+ )?clang version (\d+\.\d+\.\d+)"),
    Tool("nvhpc", "nvc", pattern=r"nvc (\d+\.\d+)"),
    Tool("cuda", "nvcc", pattern=r"release \S+ V(\d+\.\d+\.\d+)", needs="include/cuda.h"),
    Tool("cmake", "cmake", pattern=r"^cmake version (\d+\.\d+\.\d+)"),
    Tool("ninja", "ninja", pattern=r"^(\d+\.\d+\.\d+)"),
    Tool("gmake", "make", pattern=r"^GNU Make (\d+\.[\d.]+)"),
    Tool("git", "git", pattern=r"^git version (\d+\.\d+\.\d+)"),
    Tool("perl", "perl", ("-e", "print $^V"), r"^v(5\.[\d.]+)$"),
    # pkgconf answers to pkg-config since 1.0, where the other one ended at 0.29.
    Tool("pkgconf", "pkg-config", pattern=r"^([1-9]\d*\.\d+\.\d+)$"),
    Tool("pkg-config", "pkg-config", pattern=r"^(0\.\d+\.?\d*)$"),
    Tool("openmpi", "mpicc", ("--showme:version",), r"Open MPI (\d+\.\d+\.\d+)"),
    Tool("mpich", "mpichversion", pattern=r"MPICH Version:\s*(\d+\.\d+\.\d+)"),
    Tool("autoconf", "autoconf", pattern=r"GNU Autoconf\) (\d+\.\d+)"),
    Tool("automake", "automake", pattern=r"GNU automake\) (\d+\.\d+\.?\d*)"),
    Tool("libtool", "libtoolize", pattern=r"GNU libtool\) (\d+\.\d+\.?\d*)"),
    Tool("m4", "m4", pattern=r"GNU M4\) (\d+\.\d+\.?\d*)"),
    Tool("bison", "bison", pattern=r"GNU Bison\) (\d+\.\d+\.?\d*)"),
    # Debian has the header for C++, which a scanner of NEURON's includes, in a package of its own.
    Tool("flex", "flex", pattern=r"^flex (\d+\.\d+\.\d+)", needs="include/FlexLexer.h"),
    Tool("tar", "tar", pattern=r"GNU tar\) (\d+\.\d+)"),
    Tool("diffutils", "diff", pattern=r"GNU diffutils\) (\d+\.\d+)"),
    Tool("findutils", "find", pattern=r"GNU findutils\) (\d+\.\d+\.?\d*)"),
)


@dataclass(frozen=True)
class ToolOutput:
    """What a program said. path: its own, with the folder's links resolved; its last part is a name."""

    tool: Tool
    path: str
    said: str


COMPILERS = {
    "gcc": {"c": "gcc", "cxx": "g++", "fortran": "gfortran"},
    "llvm": {"c": "clang", "cxx": "clang++"},
    "nvhpc": {"c": "nvc", "cxx": "nvc++", "fortran": "nvfortran"},
}
"""The executables of a compiler beside the one that is asked, by language."""


def in_a_prefix(path: str) -> bool:
    """Whether a program stands where it was installed: not a shim, nor a link farm."""
    return posixpath.basename(posixpath.dirname(path)) == "bin" and "/shims/" not in path


def detected_externals(
    answers: Iterable[ToolOutput], beside: Mapping[str, frozenset[str]]
) -> tuple[External, ...]:
    """The externals that the answers give; what says no version is left out.

    beside: folder -> the names of the executables in it, for compilers.
    """
    externals = (_external(answer, beside) for answer in answers)
    return tuple(one for one in externals if one)


def _external(answer: ToolOutput, beside: Mapping[str, frozenset[str]]) -> External | None:
    match = re.search(answer.tool.pattern, answer.said, re.MULTILINE)
    if not match:
        return None
    folder, package = posixpath.dirname(answer.path), answer.tool.package
    spec = f"{package}@{match[1]}"
    if package not in COMPILERS:
        return External(spec, posixpath.dirname(folder))
    there = beside.get(folder, frozenset())
    compilers = {
        language: posixpath.join(folder, name)
        for language, name in COMPILERS[package].items()
        if name in there
    }
    if "cxx" not in compilers:
        return None
    if package == "gcc":
        words = {"c": "c", "cxx": "c++", "fortran": "fortran"}
        spec += f" languages='{','.join(words[language] for language in compilers)}'"
    return External(spec, posixpath.dirname(folder), compilers=compilers)


def python_external(path: str, version: str) -> External:
    """The interpreter of an environment: the real one, by its prefix."""
    return External(f"python@{version}", posixpath.dirname(posixpath.dirname(path)))


def merged(own: Sequence[External], others: Sequence[External]) -> tuple[External, ...]:
    """All of `own`, and of the others those whose package `own` does not have."""
    names = {one.package for one in own}
    return (*own, *(one for one in others if one.package not in names))

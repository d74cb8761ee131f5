"""Detection of externals: the programs of this machine that Spack need not build.

Spack's own detection accepts pyenv's shims as a Python, and a wrapper in a virtual environment as a
CMake. Here a program counts only if it is in the ``bin`` of its prefix and reports its version.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.site import External


@dataclass(frozen=True)
class Tool:
    """A package and the program that reports its version.

    ask: the arguments for that. pattern: of the output, with the version as the first group. needs: a
    file in the prefix; without it, the program is a wrapper of one installed elsewhere.
    """

    package: str
    program: str
    ask: tuple[str, ...] = ("--version",)
    pattern: str = r"(\d+\.\d+[\w.]*)"
    needs: str = ""

    def needed(self, path: str) -> str:
        """The file that must exist for the program at `path`: `needs` in its prefix, or the program."""
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
    # Both are called pkg-config: pkgconf starts at version 1.0, the original ended at 0.29.
    Tool("pkgconf", "pkg-config", pattern=r"^([1-9]\d*\.\d+\.\d+)$"),
    Tool("pkg-config", "pkg-config", pattern=r"^(0\.\d+\.?\d*)$"),
    Tool("openmpi", "mpicc", ("--showme:version",), r"Open MPI (\d+\.\d+\.\d+)"),
    Tool("mpich", "mpichversion", pattern=r"MPICH Version:\s*(\d+\.\d+\.\d+)"),
    Tool("autoconf", "autoconf", pattern=r"GNU Autoconf\) (\d+\.\d+)"),
    Tool("automake", "automake", pattern=r"GNU automake\) (\d+\.\d+\.?\d*)"),
    Tool("libtool", "libtoolize", pattern=r"GNU libtool\) (\d+\.\d+\.?\d*)"),
    Tool("m4", "m4", pattern=r"GNU M4\) (\d+\.\d+\.?\d*)"),
    Tool("bison", "bison", pattern=r"GNU Bison\) (\d+\.\d+\.?\d*)"),
    # Debian has the C++ header, which one of NEURON's scanners includes, in a separate package.
    Tool("flex", "flex", pattern=r"^flex (\d+\.\d+\.\d+)", needs="include/FlexLexer.h"),
    Tool("tar", "tar", pattern=r"GNU tar\) (\d+\.\d+)"),
    Tool("diffutils", "diff", pattern=r"GNU diffutils\) (\d+\.\d+)"),
    Tool("findutils", "find", pattern=r"GNU findutils\) (\d+\.\d+\.?\d*)"),
)


@dataclass(frozen=True)
class ToolOutput:
    """The output of a program. path: of the program, with the links of its folder resolved."""

    tool: Tool
    path: str
    text: str


COMPILERS = {
    "gcc": {"c": "gcc", "cxx": "g++", "fortran": "gfortran"},
    "llvm": {"c": "clang", "cxx": "clang++"},
    "nvhpc": {"c": "nvc", "cxx": "nvc++", "fortran": "nvfortran"},
}
"""The executables of a compiler, by language."""


def in_a_prefix(path: str) -> bool:
    """Whether a program is in the prefix where it was installed, and is not a shim."""
    return posixpath.basename(posixpath.dirname(path)) == "bin" and "/shims/" not in path


def detected_externals(
    outputs: Iterable[ToolOutput], executables: Mapping[str, frozenset[str]]
) -> tuple[External, ...]:
    """The externals with these outputs; those without a version are left out.

    executables: folder -> the names of the executables in it, for compilers.
    """
    externals = (_external(output, executables) for output in outputs)
    return tuple(one for one in externals if one)


def _external(output: ToolOutput, executables: Mapping[str, frozenset[str]]) -> External | None:
    match = re.search(output.tool.pattern, output.text, re.MULTILINE)
    if not match:
        return None
    folder, package = posixpath.dirname(output.path), output.tool.package
    spec = f"{package}@{match[1]}"
    if package not in COMPILERS:
        return External(spec, posixpath.dirname(folder))
    names = executables.get(folder, frozenset())
    compilers = {
        language: posixpath.join(folder, name)
        for language, name in COMPILERS[package].items()
        if name in names
    }
    if "cxx" not in compilers:
        return None
    if package == "gcc":
        words = {"c": "c", "cxx": "c++", "fortran": "fortran"}
        spec += f" languages='{','.join(words[language] for language in compilers)}'"
    return External(spec, posixpath.dirname(folder), compilers=compilers)


def python_external(path: str, version: str) -> External:
    """The external for the interpreter of an environment, with its real prefix."""
    return External(f"python@{version}", posixpath.dirname(posixpath.dirname(path)))


def merged(own: Sequence[External], others: Sequence[External]) -> tuple[External, ...]:
    """All of `own`, and those of `others` whose package is not in `own`."""
    names = {one.package for one in own}
    return (*own, *(one for one in others if one.package not in names))

"""Builds a wheel on this machine: with its own compiler, or with zig for an old glibc. Pure.

zig needs more than CC: in LDSHARED, sysconfig has the compiler and an RPATH of the interpreter's own
build.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devenv.core.ccache import NO_DIRECT_MODE
from devenv.core.plan import MakeFolder, Run, Step, Write
from devenv.products.wheel.cells import Pairs, WheelCell
from devenv.products.wheel.config import Repair

ZIG_PLATFORM = "manylinux2014"
_ZIG_GLIBC = "2.17"


@dataclass(frozen=True)
class Tools:
    """The tools of a build. uv, auditwheel: argvs. cc, cxx: values of CC and CXX. ccache: its folder.

    cmake: whether CMake compiles the project.
    """

    uv: tuple[str, ...]
    auditwheel: tuple[str, ...]
    cc: str = ""
    cxx: str = ""
    ccache: str = ""
    launcher: str = ""
    cmake: bool = False


def build_steps(cell: WheelCell, tools: Tools, source: str, out: str, log: str) -> tuple[Step, ...]:
    """The steps that build the wheel of `source` into `out`, in an isolated environment."""
    argv = (
        *(*tools.uv, "build", "--wheel", "--python", cell.interpreter.path),
        *("--no-python-downloads", "--out-dir", out, source),
    )
    title = f"build {cell.title}"
    return (MakeFolder(out), Run(argv, title, env=_variables(cell, tools, source), log=log))


def _variables(cell: WheelCell, tools: Tools, source: str) -> Pairs:
    own = compiler_variables(tools.launcher, tools.cc, tools.cxx, cmake=tools.cmake)
    if tools.launcher:
        own |= ccache_variables(tools.ccache, source)
    return tuple({**own, **dict(cell.environment)}.items())


_OVERFLOW = "-fno-strict-overflow"
_IGNORED = f"-fwrapv {_OVERFLOW} -Wall -Wsign-compare -Wno-unused-result -Wno-unreachable-code"
"""Options that some Pythons pass to extensions (sysconfig), and that do not affect code with `_cached`.
"""


def compiler_variables(launcher: str, cc: str, cxx: str, *, cmake: bool) -> dict[str, str]:
    """CC and CXX, with ccache if there is a `launcher`. cmake: whether CMake compiles the project.

    CMake needs the launcher separate from the compiler: it stores the first word of CC as the compiler,
    and projects pass that to other builds and installed files (NEURON: nrnivmodl's makefile).
    """
    if not cmake or not launcher:
        compilers = {"CC": cc, "CXX": cxx}
        return {name: _cached(launcher, one) for name, one in compilers.items() if cc}
    launchers = {f"CMAKE_{language}_COMPILER_LAUNCHER": launcher for language in ("C", "CXX")}
    return {**({"CC": cc, "CXX": cxx} if cc else {}), **launchers}


def _cached(launcher: str, compiler: str) -> str:
    """The value of CC for a compiler with ccache; without it if `launcher` is empty.

    Python 3.10 and 3.11 add -fwrapv, later ones -fno-strict-overflow, which implies it (manuals of gcc
    and clang). With the latter everywhere, the objects are equal, and the cache can ignore the options.
    """
    return f"{launcher} {compiler} {_OVERFLOW}" if launcher else compiler


def ccache_variables(folder: str, source: str) -> dict[str, str]:
    """The variables of one cache for all interpreters and runs, independent of the source's path."""
    return {
        "CCACHE_DIR": folder,
        "CCACHE_BASEDIR": source,
        "CCACHE_NOHASHDIR": "1",
        "CCACHE_IGNOREOPTIONS": _IGNORED,
        **NO_DIRECT_MODE,
    }


def repair_steps(
    tools: Tools, repair: Repair, wheel: str, out: str, log: str, platform: str = ""
) -> tuple[Step, ...]:
    """The steps that graft libraries into the wheel and set the tag of the oldest compatible system."""
    plat = repair.platform or platform
    argv = (*tools.auditwheel, *repair_options(repair, plat), "-w", out, wheel)
    return (MakeFolder(out), Run(argv, "repair", log=log))


def repair_options(repair: Repair, platform: str) -> tuple[str, ...]:
    """The arguments of auditwheel. platform: of the result; empty for auditwheel's choice."""
    excluded = tuple(word for one in repair.exclude for word in ("--exclude", one))
    return ("repair", *(("--plat", platform) if platform else ()), *excluded)


def zig_wrappers(folder: str, python: Sequence[str], arch: str) -> tuple[Step, ...]:
    """The steps that write compilers for glibc 2.17 (PEP 599) as programs in `folder`."""
    import shlex

    target = f"{arch}-linux-gnu.{_ZIG_GLIBC}"
    return tuple(
        Write(
            f"{folder}/zig-{name}",
            f'#!/bin/sh\nexec {shlex.join((*python, "-m", "ziglang", name, "-target", target))} "$@"\n',
            executable=True,
        )
        for name in ("cc", "c++")
    )


def zig_tools(tools: Tools, folder: str) -> Tools:
    """The tools with zig's compilers. They do not use ccache, since zig has its own cache."""
    return Tools(tools.uv, tools.auditwheel, f"{folder}/zig-cc", f"{folder}/zig-c++")


def zig_environment(folder: str) -> Pairs:
    """Variables that a build needs in addition to CC and CXX."""
    return (
        ("LDSHARED", f"{folder}/zig-cc -shared"),
        ("LDCXXSHARED", f"{folder}/zig-c++ -shared"),
    )

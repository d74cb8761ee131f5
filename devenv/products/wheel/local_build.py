"""Builds a wheel on this machine: with its own compiler, or with zig for an old glibc. Pure.

Source for zig's variables: sysconfig puts the compiler and an RPATH of the interpreter's own build into
LDSHARED, so that CC alone is not enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devenv.core.plan import MakeFolder, Run, Step, Write
from devenv.products.wheel.cells import Pairs, WheelCell
from devenv.products.wheel.config import Repair

ZIG_PLATFORM = "manylinux2014"
_ZIG_GLIBC = "2.17"


@dataclass(frozen=True)
class Tools:
    """What builds. uv, auditwheel: argvs. cc, cxx: as CC and CXX want them. ccache: its folder.

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
    """Steps that build the wheel of `source` into `out`, in an isolated environment."""
    argv = (
        *(*tools.uv, "build", "--wheel", "--python", cell.interpreter.path),
        *("--no-python-downloads", "--out-dir", out, source),
    )
    title = f"build {cell.title}"
    return (MakeFolder(out), Run(argv, title, env=_variables(cell, tools, source), log=log))


def _variables(cell: WheelCell, tools: Tools, source: str) -> Pairs:
    found = compiler_variables(tools.launcher, tools.cc, tools.cxx, cmake=tools.cmake)
    if tools.launcher:
        found |= ccache_variables(tools.ccache, source)
    return tuple({**found, **dict(cell.environment)}.items())


_OVERFLOW = "-fno-strict-overflow"
_IGNORED = f"-fwrapv {_OVERFLOW} -Wall -Wsign-compare -Wno-unused-result -Wno-unreachable-code"
"""Options that some Pythons hand to extensions (sysconfig), and that change no code under `_cached`."""


def compiler_variables(launcher: str, cc: str, cxx: str, *, cmake: bool) -> dict[str, str]:
    """CC and CXX, behind ccache where there is a `launcher`. cmake: CMake compiles the project.

    CMake takes the launcher apart from the compiler: it stores the first word of CC as the compiler, and
    projects pass that on to other builds and into what they install (NEURON into nrnivmodl's makefile).
    """
    if not cmake or not launcher:
        compilers = {"CC": cc, "CXX": cxx}
        return {name: _cached(launcher, one) for name, one in compilers.items() if cc}
    launchers = {f"CMAKE_{language}_COMPILER_LAUNCHER": launcher for language in ("C", "CXX")}
    return {**({"CC": cc, "CXX": cxx} if cc else {}), **launchers}


def _cached(launcher: str, compiler: str) -> str:
    """A compiler behind ccache, as CC wants it; without one where `launcher` is empty.

    3.10 and 3.11 ask for -fwrapv, later ones for -fno-strict-overflow, which contains it (gcc's and
    clang's manuals). With it everywhere their objects are the same, and the cache need not look at them.
    """
    return f"{launcher} {compiler} {_OVERFLOW}" if launcher else compiler


def ccache_variables(folder: str, source: str) -> dict[str, str]:
    """One cache for all interpreters and runs: it does not depend on where the source stands."""
    return {
        "CCACHE_DIR": folder,
        "CCACHE_BASEDIR": source,
        "CCACHE_NOHASHDIR": "1",
        "CCACHE_IGNOREOPTIONS": _IGNORED,
    }


def repair_steps(
    tools: Tools, repair: Repair, wheel: str, out: str, log: str, platform: str = ""
) -> tuple[Step, ...]:
    """Steps that graft what the wheel needs, and give it the tag of the oldest system that it fits."""
    plat = repair.platform or platform
    argv = (*tools.auditwheel, *repair_options(repair, plat), "-w", out, wheel)
    return (MakeFolder(out), Run(argv, "repair", log=log))


def repair_options(repair: Repair, platform: str) -> tuple[str, ...]:
    excluded = tuple(word for one in repair.exclude for word in ("--exclude", one))
    return ("repair", *(("--plat", platform) if platform else ()), *excluded)


def zig_wrappers(folder: str, python: Sequence[str], arch: str) -> tuple[Step, ...]:
    """Compilers that produce code for glibc 2.17 (PEP 599), as programs in `folder`."""
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
    """The same tools with zig's compilers. It has a cache of its own: no ccache."""
    return Tools(tools.uv, tools.auditwheel, f"{folder}/zig-cc", f"{folder}/zig-c++")


def zig_environment(folder: str) -> Pairs:
    """Variables that a build needs beside CC and CXX."""
    return (
        ("LDSHARED", f"{folder}/zig-cc -shared"),
        ("LDCXXSHARED", f"{folder}/zig-c++ -shared"),
    )

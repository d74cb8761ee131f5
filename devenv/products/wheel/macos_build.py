"""Builds a wheel on macOS: the command of cibuildwheel, which needs no container there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devenv.core.plan import MakeFolder, Run, Step
from devenv.products.wheel.cells import WheelCell
from devenv.products.wheel.container_build import environment_of
from devenv.products.wheel.local_build import Tools, ccache_variables, compiler_variables


def build_steps(
    cell: WheelCell, table: Mapping[str, Any], tools: Tools, source: str, out: str, log: str
) -> tuple[Step, ...]:
    """The steps that build the wheel of `source` into `out`; delocate repairs it.

    table: ``[tool.cibuildwheel]``. Packages, mounts and `before` are for containers, and are not used.
    """
    identifier = f"{cell.interpreter.tag}-macosx_{cell.arch}"
    argv = ("cibuildwheel", "--only", identifier, "--output-dir", out, source)
    variables: dict[str, str] = {}
    if tools.launcher:
        variables = ccache_variables(tools.ccache, source)
        variables |= compiler_variables(tools.launcher, tools.cc, tools.cxx, cmake=tools.cmake)
    if cell.environment:
        variables["CIBW_ENVIRONMENT_MACOS"] = environment_of(cell, table, "macos")
    run = Run(argv, f"build {cell.title}", source, tuple(variables.items()), log)
    return (MakeFolder(out), MakeFolder(tools.ccache), run)

"""Builds a wheel in a container: the command of cibuildwheel and its variables. Pure.

The project's ``[tool.cibuildwheel]`` applies. A variable replaces a whole option of that table, so where
devenv adds to an option, the variable includes the table's value.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.errors import UsageError
from devenv.core.plan import MakeFolder, Run, Step
from devenv.products.wheel.cells import WheelCell
from devenv.products.wheel.config import Config, Repair
from devenv.products.wheel.local_build import (
    ccache_variables,
    compiler_variables,
    repair_options,
)

CCACHE = "/devenv-ccache"
"""The path of the shared cache in the container."""


@dataclass(frozen=True)
class ContainerEngine:
    """podman or docker, with its arguments. certificates: of this machine, for pip."""

    name: str
    arguments: tuple[str, ...] = ()
    certificates: str = ""


@dataclass(frozen=True)
class Image:
    """An inspected image. pythons: names below /opt/python. programs: tools that it has."""

    name: str
    id: str
    arch: str
    pythons: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    glibc: str = ""


@dataclass(frozen=True)
class Container:
    """The container in which a cell is built. table: ``[tool.cibuildwheel]``. ccache: path of the shared
    cache on this machine.

    cmake: whether CMake compiles the project. repository: the source's git directory; empty for none.
    """

    engine: ContainerEngine
    image: Image
    config: Config
    table: Mapping[str, Any]
    ccache: str
    environ: Mapping[str, str]
    cmake: bool = False
    repository: str = ""


def build_steps(
    cell: WheelCell, place: Container, source: str, out: str, log: str
) -> tuple[Step, ...]:
    """The steps that build and repair the wheel of `source` into `out`, and run the project's tests."""
    identifier = f"{cell.interpreter.tag}-manylinux_{cell.arch}"
    argv = ("cibuildwheel", "--only", identifier, "--output-dir", out, source)
    run = Run(argv, f"build {cell.title}", source, tuple(variables(cell, place).items()), log)
    return (MakeFolder(out), MakeFolder(place.ccache), run)


def variables(cell: WheelCell, place: Container) -> dict[str, str]:
    """The variables for cibuildwheel, and those that it passes to the container."""
    ours = _passed(place)
    result = {
        "CIBW_CONTAINER_ENGINE": _engine(place),
        f"CIBW_MANYLINUX_{cell.arch.upper()}_IMAGE": place.image.name,
        "CIBW_ENVIRONMENT_PASS_LINUX": " ".join([*_listed(place, "environment-pass"), *ours]),
        **ours,
    }
    if cell.environment:
        result["CIBW_ENVIRONMENT_LINUX"] = environment_of(cell, place.table)
    if before := _before(place):
        result["CIBW_BEFORE_ALL_LINUX"] = before
    if place.config.repair != Repair():
        result["CIBW_REPAIR_WHEEL_COMMAND_LINUX"] = _repair(place.config.repair)
    return result


def uses_ccache(place: Container) -> bool:
    """Whether the container has ccache: from its image, or installed as one of `packages`."""
    return "ccache" in (*place.image.programs, *place.config.packages)


def _passed(place: Container) -> dict[str, str]:
    result: dict[str, str] = {}
    if uses_ccache(place):
        result |= ccache_variables(CCACHE, "/project")
        result |= compiler_variables("ccache", "gcc", "g++", cmake=place.cmake)
    if place.engine.certificates:
        result["PIP_CERT"] = f"/host{place.engine.certificates}"
    index = place.environ.get("PIP_INDEX_URL", "")
    return {**result, **({"PIP_INDEX_URL": index} if index else {})}


def _engine(place: Container) -> str:
    mounts = [f"--volume={place.ccache}:{CCACHE}"]
    # The copy's own git directory refers to it by this path.
    mounts += [f"--volume={place.repository}:{place.repository}:ro"] if place.repository else []
    mounts += [f"--volume={one.source}:{one.target}:ro" for one in place.config.mounts]
    words = shlex.join([*place.engine.arguments, *mounts])
    return f"{place.engine.name}; create_args: {words}"


def option_of(table: Mapping[str, Any], name: str, system: str = "linux") -> Any:
    """An option of ``[tool.cibuildwheel]``, where one for the system takes precedence."""
    return table.get(system, {}).get(name, table.get(name))


def _listed(place: Container, name: str) -> list[str]:
    variable = f"CIBW_{name.upper().replace('-', '_')}_LINUX"
    given = place.environ.get(variable) or option_of(place.table, name)
    return given.split() if isinstance(given, str) else list(given or ())


def environment_of(cell: WheelCell, table: Mapping[str, Any], system: str = "linux") -> str:
    """The table's variables, then ours, in cibuildwheel's syntax, which is that of the shell."""
    for one in table.get("overrides", ()):
        if "environment" in one or "environment" in one.get(system, {}):
            raise UsageError(
                "[[tool.cibuildwheel.overrides]] sets an environment, which one of [tool.devenv.wheel]"
                " would replace",
                fix="Set the variables in one of the two tables.",
            )
    given = option_of(table, "environment", system) or {}
    theirs = given if isinstance(given, str) else _assignments(given)
    ours = " ".join(f"{name}={shlex.quote(value)}" for name, value in cell.environment)
    return " ".join(filter(None, (theirs, ours)))


def _assignments(values: Mapping[str, Any]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in values.items())


_INSTALL = (
    "if command -v apt-get >/dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive"
    " apt-get install -y -qq --no-install-recommends {0}; elif command -v dnf >/dev/null;"
    " then dnf install -y {0}; elif command -v apk >/dev/null; then apk add {0};"
    " else yum install -y {0}; fi"
)


def _before(place: Container) -> str:
    """The commands before the build: install system packages, then the configuration's, then the
    table's.
    """
    packages = shlex.join(place.config.packages)
    theirs = option_of(place.table, "before-all") or ""
    ours = [_INSTALL.format(packages)] if packages else []
    ours += [f"( {place.config.before} )"] if place.config.before else []
    if not ours:
        return ""
    rest = [theirs] if isinstance(theirs, str) else list(theirs)
    return " && ".join(filter(None, (*(f"{{ {one}; }}" for one in ours), *rest)))


def _repair(repair: Repair) -> str:
    words = shlex.join(("auditwheel", *repair_options(repair, repair.platform)))
    line = f"{words} -w {{dest_dir}} {{wheel}}"
    if not repair.tool:
        return line
    install = f"/tmp/repair/bin/pip install -q {shlex.quote(repair.tool)}"  # noqa: S108 - its own /tmp
    return f"python -m venv /tmp/repair && {install} && PATH=/tmp/repair/bin:$PATH {line}"

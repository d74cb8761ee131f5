"""The build backend of a package, as its pyproject.toml names it (PEP 518, PEP 517). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.errors import UsageError
from devenv.core.requirements import requirement_name
from devenv.core.spec import Value

_SETUPTOOLS = "setuptools.build_meta"
_LEGACY = "setuptools.build_meta:__legacy__"
"""Of a source with a setup.py alone (PEP 517, "Source trees")."""

_COMPILING = ("scikit_build_core", "mesonpy", "maturin", "enscons", "py_build_cmake")
"""Modules of the backends for packages with compiled modules."""
_COMPILERS = ("cython", "pybind11", "nanobind", "cffi", "setuptools-rust", "mypy", "scikit-build")
"""Build requirements of packages with compiled modules."""
_SETUP = re.compile(r"\b(?:ext_modules|cffi_modules|rust_extensions|cythonize)\b")
"""In setup.py: it has extension modules."""
_OPTIONS = {"Release": (), "RelWithDebInfo": ("-g",), "Debug": ("-O0", "-g")}
"""build_type -> options of the compiler, for a backend that has no build types of its own."""
_MESON = {"RelWithDebInfo": "debugoptimized", "Debug": "debug"}


@dataclass(frozen=True)
class Backend:
    """The build backend of a package. name: ``module:object``. requires: the build requirements.

    path: the directories of the source that contain the backend.
    """

    name: str
    requires: tuple[str, ...]
    path: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The backend's top-level module."""
        return re.split(r"[.:]", self.name)[0]


def backend_of(pyproject: Mapping[str, Any]) -> Backend:
    """The backend that the content of pyproject.toml names; setuptools if it names none.

    UsageError for values that are no names.
    """
    system = pyproject.get("build-system", {})
    if not isinstance(system, dict) or "requires" not in system:
        return Backend(_LEGACY, ("setuptools",))
    name = system.get("build-backend", _LEGACY)
    requires, path = (_texts(system, key) for key in ("requires", "backend-path"))
    return Backend(str(name), requires, path)


def _texts(system: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = system.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(
            f"build-system.{key} in pyproject.toml is not a list of strings: {found!r}",
            fix=f'Write it as {key} = ["…"].',
        )
    return tuple(found)


def compiles_modules(pyproject: Mapping[str, Any], setup: str) -> bool:
    """Whether the files say that the package has compiled modules. setup: the text of setup.py.

    False if they do not say it: then only the wheel tells.
    """
    backend = backend_of(pyproject)
    names = map(_name, backend.requires)
    tool = pyproject.get("tool", {})
    setuptools = tool.get("setuptools", {}) if isinstance(tool, dict) else {}
    return (
        backend.module in _COMPILING
        or any(name in _COMPILERS for name in names)
        or (isinstance(setuptools, dict) and "ext-modules" in setuptools)
        or bool(_SETUP.search(setup))
    )


def _name(requirement: str) -> str:
    return requirement_name(requirement)


@dataclass(frozen=True)
class BuildFlags:
    """How a package is compiled. build_type: CMake's word for it. sanitizers: "address", "undefined"."""

    build_type: str = "Release"
    sanitizers: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The flags as the values of an `Input`."""
        return (self.build_type, *self.sanitizers)


def build_flags(variants: Mapping[str, Value]) -> BuildFlags:
    """The flags for compiled packages, from the variants of an environment."""
    sanitizers = str(variants.get("sanitizers", "none"))
    return BuildFlags(
        str(variants.get("build_type", "Release")),
        () if sanitizers == "none" else tuple(sanitizers.split(",")),
    )


def settings_for(backend: Backend, build: str, flags: BuildFlags) -> dict[str, str | list[str]]:
    """The backend's own settings. build: the directory for what it compiles, kept between builds."""
    if backend.module == "scikit_build_core":
        return {
            "build-dir": build,
            "cmake.build-type": flags.build_type,
            "cmake.define.CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
            # A report of a sanitizer names lines by the symbols.
            **({"install.strip": "false"} if flags.sanitizers else {}),
        }
    if backend.module == "mesonpy":
        meson = _MESON.get(flags.build_type)
        chosen: dict[str, str | list[str]] = {"setup-args": [f"-Dbuildtype={meson}"]}
        return {"build-dir": build, **(chosen if meson else {})}
    if backend.module == "maturin" and flags.build_type == "Debug":
        return {"build-args": "--profile=dev"}
    return {}


def compiler_options(backend: Backend, flags: BuildFlags) -> tuple[str, ...]:
    """Options for the compiler in addition to the backend's own."""
    sanitizers = ",".join(flags.sanitizers)
    checks = ("-g", "-fno-omit-frame-pointer", f"-fsanitize={sanitizers}") if sanitizers else ()
    own = backend.module in ("scikit_build_core", "mesonpy")
    return (*(() if own else _OPTIONS[flags.build_type]), *checks)

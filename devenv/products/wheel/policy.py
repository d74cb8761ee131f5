"""Reads a project's settings for wheels from its pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devenv.config.decode import decode
from devenv.core.errors import UsageError
from devenv.products.wheel.config import Config
from devenv.products.wheel.shapes import require_shapes, require_tests
from devenv.sources.backend import backend_of


@dataclass(frozen=True)
class WheelProject:
    """A source tree. name, requires: empty if pyproject.toml does not have them (dynamic, setup.py).

    requires: ``requires-python``. cibuildwheel: the table ``[tool.cibuildwheel]``. cmake: whether CMake
    compiles it. patches: the texts of `Config.patches`.
    """

    text: str = ""
    name: str = ""
    requires: str = ""
    cibuildwheel: dict[str, Any] = field(default_factory=dict)
    config: Config = field(default_factory=Config)
    cmake: bool = False
    patches: tuple[str, ...] = ()

    def under(self, policy: Path) -> WheelProject:
        """The project with the settings of another file (`config_of`)."""
        config = config_of(policy)
        return replace(self, config=config, patches=_patches(config, policy))


def project_of(folder: Path) -> WheelProject:
    """Read a source tree. UsageError if it is not a project, or its pyproject.toml is not valid."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        if (folder / "setup.py").is_file():
            return WheelProject(cmake=_has_cmake(folder))
        raise UsageError(
            f"{folder} is not a Python project: it has neither a pyproject.toml nor a setup.py",
            fix="Name the directory that has one, or URL@REF.",
        )
    data = _read(path)
    config = _config(data, path)
    project, tool = data.get("project", {}), data.get("tool", {})
    return WheelProject(
        path.read_text(encoding="utf-8"),
        str(project.get("name", "")),
        str(project.get("requires-python", "")),
        tool.get("cibuildwheel", {}),
        config,
        _has_cmake(folder) or backend_of(data).module == "scikit_build_core",
        _patches(config, path),
    )


def _has_cmake(folder: Path) -> bool:
    return (folder / "CMakeLists.txt").is_file()


def _patches(config: Config, named_in: Path) -> tuple[str, ...]:
    """The texts of the patches that a file names. UsageError for one that cannot be read."""
    return tuple(_text(named_in.parent / name) for name in config.patches)


def config_of(path: Path) -> Config:
    """The configuration in a TOML file: a pyproject.toml, or one with the same keys at top level.

    UsageError if it cannot be read or is not valid.
    """
    return _config(_read(path), path)


def _config(data: dict[str, Any], path: Path) -> Config:
    if path.name == "pyproject.toml":
        require_shapes(data, str(path))
        data = data.get("tool", {}).get("devenv", {}).get("wheel", {})
    config = decode(Config, data, str(path))
    require_tests(config, str(path))
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return _toml(_text(path))
    except ValueError as error:
        raise _unreadable(path, str(error)) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = str(error.strerror if isinstance(error, OSError) else error)
        raise _unreadable(path, reason) from None


def _unreadable(path: Path, reason: str) -> UsageError:
    return UsageError(f"cannot read {path}: {reason}", fix="Check the path and the file.")


def _toml(text: str) -> dict[str, Any]:
    try:
        from tomllib import loads
    except ImportError:  # Python 3.10
        from tomli import loads
    data: dict[str, Any] = loads(text)
    return data

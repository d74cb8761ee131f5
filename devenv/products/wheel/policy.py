"""Reads what a project says of its wheels: its pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.config.decode import decode
from devenv.core.errors import UsageError
from devenv.products.wheel.config import Config


@dataclass(frozen=True)
class WheelProject:
    """A source tree. name, requires: empty where pyproject.toml does not say (dynamic, setup.py).

    requires: ``requires-python``. cibuildwheel: the table ``[tool.cibuildwheel]``.
    """

    text: str = ""
    name: str = ""
    requires: str = ""
    cibuildwheel: dict[str, Any] = field(default_factory=dict)
    config: Config = field(default_factory=Config)


def project_of(folder: Path) -> WheelProject:
    """What a source tree says. UsageError where it is no project, or its pyproject.toml is not valid."""
    path = folder / "pyproject.toml"
    if not path.is_file():
        if (folder / "setup.py").is_file():
            return WheelProject()
        raise UsageError(
            f"{folder} is not a Python project: it has neither a pyproject.toml nor a setup.py",
            fix="Name the directory that has one, or URL@REF.",
        )
    data = _read(path)
    project, tool = data.get("project", {}), data.get("tool", {})
    return WheelProject(
        path.read_text(encoding="utf-8"),
        str(project.get("name", "")),
        str(project.get("requires-python", "")),
        tool.get("cibuildwheel", {}),
        _config(data, path),
    )


def config_of(path: Path) -> Config:
    """The configuration in a TOML file: a pyproject.toml, or one with the same keys at its top.

    UsageError for what cannot be read or is not valid.
    """
    return _config(_read(path), path)


def _config(data: dict[str, Any], path: Path) -> Config:
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("devenv", {}).get("wheel", {})
    return decode(Config, data, str(path))


def _read(path: Path) -> dict[str, Any]:
    try:
        return _toml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"cannot read {path}: {reason}", fix="Check the path and the file."
        ) from None


def _toml(text: str) -> dict[str, Any]:
    try:
        from tomllib import loads
    except ImportError:  # Python 3.10
        from tomli import loads
    found: dict[str, Any] = loads(text)
    return found

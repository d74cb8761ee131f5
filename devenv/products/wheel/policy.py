"""What a project says of its wheels: ``[tool.devenv.wheel]`` in its pyproject.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from devenv.config.decode import decode
from devenv.core.errors import UsageError
from devenv.products.wheel.rules import Policy


def policy_of(path: Path) -> Policy:
    """The policy in a TOML file: a pyproject.toml, or one with the same keys at its top.

    UsageError for what cannot be read or is not valid.
    """
    try:
        data = _toml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"cannot read {path}: {reason}", fix="Check the path and the file."
        ) from None
    if path.name == "pyproject.toml":
        data = data.get("tool", {}).get("devenv", {}).get("wheel", {})
    return decode(Policy, data, str(path))


def _toml(text: str) -> dict[str, Any]:
    try:
        from tomllib import loads
    except ImportError:  # Python 3.10
        from tomli import loads
    found: dict[str, Any] = loads(text)
    return found

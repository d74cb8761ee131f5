"""Reads the stamp of a compiled model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError


def stamp_of(path: Path) -> dict[str, Any]:
    """The content of a model's model.json. StateError if it cannot be read."""
    try:
        found: dict[str, Any] = json.loads((path / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(
            f"the model {path} has no stamp that can be read: {error}",
            fix="Rebuild it: devenv build",
        ) from None
    return found

"""What a compiled model says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError


def stamp_of(path: Path) -> dict[str, Any]:
    """model.json of a model; StateError where it cannot be read."""
    try:
        found: dict[str, Any] = json.loads((path / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(
            f"the model {path} has no stamp that can be read: {error}",
            fix="Rebuild it: devenv build",
        ) from None
    return found

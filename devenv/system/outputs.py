"""Checks that results can be written, before the work that makes them begins."""

from __future__ import annotations

import os
from pathlib import Path

from devenv.core.errors import StateError, UsageError


def require_directory(path: Path) -> None:
    """UsageError if `path` is not, and cannot become, a directory; StateError if it is not writable."""
    existing = next(one for one in (path, *path.parents) if os.path.lexists(one))
    if not existing.is_dir():
        raise UsageError(f"{existing} is not a directory", fix="Name a directory for the output.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise StateError(
            f"{existing} is not writable",
            fix="Name another place for the output, or ask its owner.",
        )


def require_file(path: Path) -> None:
    """UsageError if `path` is a directory, or cannot be written in its own one."""
    if path.is_dir():
        raise UsageError(f"{path} is a directory", fix="Name a file for the output.")
    require_directory(path.parent)

"""The folder of one package that Spack installed: is it whole? Told by what Spack noted of it last."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_MANIFEST = Path(".spack", "install_manifest.json")
"""Written when all else is there: what was killed before lacks it, and still counts as installed."""


def completed(prefix: Path) -> int | None:
    """When it was installed (ns since the epoch); None where the installation was not finished."""
    try:
        return (prefix / _MANIFEST).stat().st_mtime_ns
    except OSError:
        return None


def damaged(prefix: Path, names: Iterable[str] | None = None) -> str:
    """The first file that is gone or has another size than Spack noted; empty where all are whole.

    names: relative to it, the files to look at; None: all. Empty also where Spack noted nothing. Of what
    comes from a build cache the sizes are those from before it was relocated, and do not count.
    """
    noted = _noted(prefix)
    if (prefix / ".spack" / "binary_distribution").exists():
        noted = {path: {} for path in noted}
    wanted = noted if names is None else [str(prefix / name) for name in names]
    return next((path for path in wanted if path in noted and not _is(path, noted[path])), "")


def holds(prefix: Path, name: str) -> bool:
    """Whether Spack installed a file of that name, relative to the prefix."""
    try:
        return os.fsencode(f'"{prefix / name}"') in (prefix / _MANIFEST).read_bytes()
    except OSError:
        return False


def _noted(prefix: Path) -> dict[str, dict[str, Any]]:
    """Path -> what Spack noted, of the files (not the folders); none where there is no such note."""
    try:
        entries = json.loads((prefix / _MANIFEST).read_text(encoding="utf-8")).items()
        return {path: one for path, one in entries if "size" in one}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _is(path: str, noted: dict[str, Any]) -> bool:
    try:
        size = Path(path).stat().st_size
        return bool(size == noted.get("size", size))
    except OSError:
        return False

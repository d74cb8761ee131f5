"""The prefix of a package that Spack installed: is it complete, according to Spack's manifest?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_MANIFEST = Path(".spack", "install_manifest.json")
"""Spack writes it last. A package without it was interrupted, but counts as installed."""


def completion_time(prefix: Path) -> int | None:
    """The time of the installation (ns since the epoch); None if it was not finished."""
    try:
        return (prefix / _MANIFEST).stat().st_mtime_ns
    except OSError:
        return None


def damaged(prefix: Path, names: Iterable[str] | None = None) -> str:
    """The first file that is missing or has another size than recorded; empty for none.

    names: the files to check, relative to the prefix; None: all. Empty also if Spack recorded nothing.
    Sizes of packages from a build cache are ignored, since they were recorded before the relocation.
    """
    records = _noted(prefix)
    if (prefix / ".spack" / "binary_distribution").exists():
        records = {path: {} for path in records}
    paths = records if names is None else [str(prefix / name) for name in names]
    return next((path for path in paths if path in records and not _is(path, records[path])), "")


def holds(prefix: Path, name: str) -> bool:
    """Whether Spack installed a file with that name, relative to the prefix."""
    try:
        return os.fsencode(f'"{prefix / name}"') in (prefix / _MANIFEST).read_bytes()
    except OSError:
        return False


def _noted(prefix: Path) -> dict[str, dict[str, Any]]:
    """Path -> record of each file (not directories) in the manifest; empty if there is none."""
    try:
        entries = json.loads((prefix / _MANIFEST).read_text(encoding="utf-8")).items()
        return {path: one for path, one in entries if "size" in one}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _is(path: str, record: dict[str, Any]) -> bool:
    try:
        size = Path(path).stat().st_size
        return bool(size == record.get("size", size))
    except OSError:
        return False

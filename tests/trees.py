"""What stands below a directory, to be compared."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below: kind, rights and content, and when it was written."""
    return dict(_entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root, name)
            facts = path.lstat()
            content: object = ""
            if path.is_symlink():
                content = str(path.readlink())
            elif path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            yield str(path), (facts.st_mode, facts.st_mtime_ns, content)

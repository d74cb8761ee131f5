"""What stands below a directory, to be compared."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below: kind, rights and content, and when it was written."""
    return dict(_entries(folder))


_DIGESTS: dict[str, tuple[tuple[int, ...], str]] = {}
"""Path -> what the kernel says of the file, and its digest."""


def _entries(folder: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(root, name)  # noqa: PTH118 - there are tens of thousands
            facts = os.lstat(path)
            content: object = ""
            if stat.S_ISLNK(facts.st_mode):
                content = os.readlink(path)  # noqa: PTH115
            elif stat.S_ISREG(facts.st_mode):
                content = _digest(path, facts)
            yield path, (facts.st_mode, facts.st_mtime_ns, content)


def _digest(path: str, facts: os.stat_result) -> str:
    """The SHA-256 of a file. It is read again only where it changed: the kernel changes the ctime with
    every write, and nobody can set it back.
    """
    known = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    if _DIGESTS.get(path, ((), ""))[0] != known:
        _DIGESTS[path] = (known, hashlib.sha256(Path(path).read_bytes()).hexdigest())
    return _DIGESTS[path][1]

"""What takes minutes to make, kept for later runs in the user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


def cache_path(name: str) -> Path:
    """The path of `name` in the cache, for what is whole once it is there."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "devenv-tests", name)


@contextmanager
def cached(name: str) -> Iterator[Path]:
    """The path of `name` in the cache; nobody else makes it as long as the block lasts."""
    path = cache_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.parent / f".{name}.lock"):
        yield path

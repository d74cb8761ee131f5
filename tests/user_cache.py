"""What takes minutes to make, kept for later runs in the user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock


@contextmanager
def cached(name: str) -> Iterator[Path]:
    """The path of `name` in the cache; nobody else makes it as long as the block lasts."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home, "devenv-tests")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{name}.lock"):
        yield folder / name

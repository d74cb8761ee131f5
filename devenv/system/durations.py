"""A file with the durations of steps, from which the next run estimates how long it takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_MOST = 5000
"""Maximum number of entries; the latest are kept."""


def read_durations(path: Path | None) -> dict[str, float]:
    """`devenv.core.estimate.duration_key` -> seconds; empty if the file is missing or damaged."""
    if path is None:
        return {}
    with suppress(OSError, ValueError, AttributeError):
        data = json.loads(path.read_text(encoding="utf-8"))
        return {key: float(seconds) for key, seconds in data.items()}
    return {}


def add_durations(path: Path, new: Mapping[str, float]) -> None:
    """Add durations to the file, which is only informative: write errors are ignored.

    Two processes may write at once; the file is replaced as a whole, and the later one wins.
    """
    known = {key: one for key, one in read_durations(path).items() if key not in new}
    latest = dict(list({**known, **new}.items())[-_MOST:])
    staged = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.write_text(json.dumps(latest), encoding="utf-8")
        staged.replace(path)

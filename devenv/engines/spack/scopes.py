"""Which scope an environment was concretized with, and for how long it is still the right one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from devenv.core.errors import StateError
from devenv.engines.spack.folder import SETTING
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.scope import same_for


def scope_before(folder: Path, now: Path) -> Path:
    """The scope that the lock in `folder` was made with, where for the packages in that lock it says the
    same as the scope `now`; else `now`.

    Both: of all recipes. What else was installed on the machine since, or removed, takes no part in the
    solution that is there, and is no reason for another one.
    """
    try:
        before = Path(json.loads((folder / SETTING).read_text(encoding="utf-8"))["whole"])
        lock = folder / "spack.lock"
        nodes = read_spack_lock(lock.read_text(encoding="utf-8"), str(lock)).nodes.values()
        same = same_for({node.name for node in nodes}, _texts(before), _texts(now))
    except (OSError, ValueError, KeyError, TypeError, StateError):
        return now
    return before if same else now


def _texts(scope: Path) -> Mapping[str, str]:
    """Name -> text of the files of a scope."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(scope.iterdir())}

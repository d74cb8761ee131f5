"""What Spack was set up with in a folder in which it works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.scope import same_for
from devenv.engines.spack.site import Setting

LOCK, MANIFEST = "spack.lock", "spack.yaml"

RUN = "run.json"
"""What Spack said after the last install: what is there without it is not installed."""

SETTING = "setting.json"
"""What Spack is set up with, written when it begins."""


def kept_setting(folder: Path) -> tuple[Path, Path] | None:
    """The scope and the cache that Spack worked with in `folder`; None where they are not known."""
    data = _setting_data(folder)
    paths = (Path(data["scope"]), Path(data["cache"])) if data else None
    return paths if paths and paths[0].is_dir() else None


def recorded_setting(folder: Path, whole: Setting) -> Setting | None:
    """The setting that the lock in `folder` was made with; what it leads to must still be there."""
    data = _setting_data(folder)
    if data is None or not (folder / "spack.lock").exists():
        return None
    scope, recipes = Path(data["scope"]), data["repositories"]
    if not all(path.is_dir() for path in (scope, *map(Path, recipes.values()))):
        return None
    configuration = replace(whole.configuration, repositories=recipes)
    return Setting(scope, Path(data["cache"]), configuration)


def _setting_data(folder: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((folder / SETTING).read_text(encoding="utf-8"))
        return {key: data[key] for key in ("scope", "cache", "repositories")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    """Name -> text of the files of a scope that Spack reads."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(scope.glob("*.yaml"))}

"""The files in the folder where Spack works for an environment, and the settings recorded there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.scope import scope_changes, scope_files
from devenv.engines.spack.site import Setting

LOCK, MANIFEST = "spack.lock", "spack.yaml"

RUN = "run.json"
"""What Spack reported after the last install. Without this file, the folder is not installed."""

SETTING = "setting.json"
"""The settings that Spack works with, written before it starts."""


def kept_setting(folder: Path) -> tuple[Path, Path] | None:
    """The scope and the cache that Spack used in `folder`; None if they are not known."""
    data = _setting_data(folder)
    paths = (Path(data["scope"]), Path(data["cache"])) if data else None
    return paths if paths and paths[0].is_dir() else None


def recorded_setting(folder: Path, whole: Setting) -> Setting | None:
    """The setting that the lock in `folder` was made with; None if any of its folders is missing."""
    data = _setting_data(folder)
    if data is None or not (folder / "spack.lock").exists():
        return None
    scope, recipes = Path(data["scope"]), data["repositories"]
    if not all(path.is_dir() for path in (scope, *map(Path, recipes.values()))):
        return None
    configuration = replace(whole.configuration, repositories=recipes, own_recipes="")
    return Setting(scope, Path(data["cache"]), configuration)


def _setting_data(folder: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((folder / SETTING).read_text(encoding="utf-8"))
        return {key: data[key] for key in ("scope", "cache", "repositories")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def scope_before(folder: Path, now: Setting) -> tuple[Path, tuple[str, ...]]:
    """The scope that the lock in `folder` was made with, if it equals that of `now` as far as the
    packages in that lock are concerned; else that of `now`, and the differences in words, if known.

    Both scopes have all recipes. A program that was installed or removed since, and is not part of the
    solution, is no reason to concretize again.
    """
    try:
        before = Path(json.loads((folder / SETTING).read_text(encoding="utf-8"))["whole"])
        lock = folder / "spack.lock"
        nodes = read_spack_lock(lock.read_text(encoding="utf-8"), str(lock)).nodes.values()
        texts = scope_files(now.configuration)  # a dry run does not write them
        changed = scope_changes({node.name for node in nodes}, _texts(before), texts)
    except (OSError, ValueError, KeyError, TypeError, StateError):
        return now.scope, ()
    return (now.scope, changed) if changed else (before, ())


def _texts(scope: Path) -> Mapping[str, str]:
    """Name -> text of the files of a scope that Spack reads."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(scope.glob("*.yaml"))}

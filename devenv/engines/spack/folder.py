"""What Spack was set up with in a folder in which it works."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.engines.spack.site import Setting

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

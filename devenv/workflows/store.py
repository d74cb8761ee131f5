"""The store of models: what is in it, and who refers to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devenv.config.generation_file import read_generation
from devenv.core.errors import StateError
from devenv.core.layout import Layout
from devenv.workflows.context import Context
from devenv.workflows.stamp import stamp_of

_IN_SHIM = re.compile(r"/models/([0-9a-f]{32})/bin/special")


@dataclass(frozen=True)
class StoredModel:
    """A model of the store. stamp: its model.json. users: who refers to it, for people.

    upstream: whether it stands in a store of others.
    """

    key: str
    path: Path
    stamp: Mapping[str, Any] = field(compare=False)
    users: tuple[str, ...] = ()
    upstream: bool = False

    @property
    def size(self) -> int:
        """Bytes of the files in it."""
        return folder_size(self.path)

    @property
    def objects(self) -> frozenset[str]:
        """The keys of the objects that it was made of."""
        mechanisms = (one["object"] for one in self.stamp.get("mechanisms", ()))
        return frozenset((*self.stamp.get("objects", ()), *mechanisms))


def stored_models(context: Context, gone: Collection[Path] = ()) -> list[StoredModel]:
    """Our own models and those of the stores in the settings, the newest first.

    gone: folders of generations that are not counted as users, since they are about to be removed.
    """
    users = model_users(context, gone)
    layouts = (context.layout, *(Layout(path) for path in context.settings.stores))
    found = [
        StoredModel(path.name, path, stamp_of(path), users.get(path.name, ()), number > 0)
        for number, layout in enumerate(layouts)
        for path in _whole(layout.models)
    ]
    return sorted(found, key=lambda model: model.path.stat().st_mtime, reverse=True)


def _whole(folder: Path) -> Iterator[Path]:
    """The models in it; a name that starts with a dot is one in the making, or a killed build's."""
    if folder.is_dir():
        yield from (p for p in folder.iterdir() if not p.name.startswith(".") and p.is_dir())


def model_users(context: Context, gone: Collection[Path] = ()) -> dict[str, tuple[str, ...]]:
    """Key of a model -> every generation (but those `gone`) and test profile that refers to it."""
    users: dict[str, list[str]] = {}
    for key, user in _references(context.layout, gone):
        users.setdefault(key, []).append(user)
    return {key: tuple(dict.fromkeys(names)) for key, names in users.items()}


def _references(layout: Layout, gone: Collection[Path]) -> Iterator[tuple[str, str]]:
    for manifest in sorted(layout.envs.glob("*/generations/*/environment.json")):
        if manifest.parent in gone:
            continue
        name = manifest.parts[-4]
        try:
            generation = read_generation(manifest.read_bytes(), str(manifest))
        except (OSError, StateError):
            # Of another format, or on its way out: what it names is found in its text all the same.
            text = (
                manifest.read_text(encoding="utf-8", errors="replace") if manifest.exists() else ""
            )
            yield from ((key, f"{name} (generation?)") for key in _IN_SHIM.findall(text))
            continue
        current = (layout.env(name).current).resolve() == manifest.parent
        title = name if current else f"{name} (generation {generation.number})"
        if generation.model:
            yield generation.model.key, title
        yield from ((one.model.key, f"{title} {one.name}") for one in generation.further)
    for shim in sorted(layout.envs.glob("*/tox/*/bin/special")):
        text = shim.read_text(encoding="utf-8", errors="replace")
        user = f"{shim.parts[-5]} (test {shim.parts[-3]})"
        yield from ((key, user) for key in dict.fromkeys(_IN_SHIM.findall(text)))


def folder_size(folder: Path) -> int:
    """Bytes of all files below it."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())

"""The store of models: its content, and what refers to each model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.layout import Layout
from devenv.models.stamp_file import stamp_of
from devenv.store.observe import entries, roots
from devenv.store.sweep import users_of
from devenv.system.files import folder_size

KIND = "models"


@dataclass(frozen=True)
class StoredModel:
    """A model in the store. stamp: its model.json. users: what refers to it, for people.

    upstream: whether it is in a store of others.
    """

    key: str
    path: Path
    stamp: Mapping[str, Any] = field(compare=False)
    users: tuple[str, ...] = ()
    upstream: bool = False

    @cached_property
    def size(self) -> int:
        """The size of its files, in bytes; measured once."""
        return folder_size(self.path)

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return time.time() - self.path.stat().st_mtime

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The names of its mechanisms' MOD files."""
        return tuple(one["name"] for one in self.stamp["mechanisms"])

    @property
    def neuron(self) -> str:
        """The version of the NEURON that it was built against."""
        return str(self.stamp["neuron"]["version"])

    @property
    def coreneuron(self) -> bool:
        """Whether CoreNEURON runs it as well."""
        return bool(self.stamp.get("coreneuron"))

    @property
    def data(self) -> dict[str, Any]:
        """The model as JSON data. age_s: in whole seconds."""
        return {
            "key": self.key,
            "path": str(self.path),
            "bytes": self.size,
            "mechanisms": list(self.mechanisms),
            "neuron": self.neuron,
            "coreneuron": self.coreneuron,
            "age_s": round(self.age),
            "users": list(self.users),
            "upstream": self.upstream,
        }


def models_of(layout: Layout) -> list[StoredModel]:
    """The models in one store, by key."""
    return [StoredModel(e.key, e.path, stamp_of(e.path)) for e in entries(layout, (KIND,))]


def stored_models(context: Context) -> list[StoredModel]:
    """Our own models and those of the stores in the settings, the newest first."""
    layouts = (context.layout, *(Layout(path) for path in context.settings.stores))
    known = [entries(layout, (KIND,)) for layout in layouts]
    users = users_of(known[0], roots(context.layout))
    found = [
        StoredModel(e.key, e.path, stamp_of(e.path), users.get(e.path, ()), number > 0)
        for number, models in enumerate(known)
        for e in models
    ]
    return sorted(found, key=lambda model: model.path.stat().st_mtime, reverse=True)

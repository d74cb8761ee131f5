"""What takes room in the store, and how much of it each environment uses. Sizes are in bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.core.layout import Layout
from devenv.store.observe import entries, roots
from devenv.store.sweep import Entry, users_of
from devenv.system.files import folder_size


@dataclass(frozen=True)
class StoreUsage:
    """sizes: of each entry, by its path. users: of each entry in use, by its path."""

    entries: Sequence[Entry]
    sizes: Mapping[Path, int]
    users: Mapping[Path, tuple[str, ...]]


@dataclass(frozen=True)
class Share:
    """An environment's share of the disk. own: in its folder. store: of what it uses.

    alone: of what only it uses.
    """

    environment: str
    own: int
    store: int
    alone: int


def store_usage(layout: Layout) -> StoreUsage:
    """Measure every entry; this reads the whole store."""
    known = entries(layout)
    sizes = {entry.path: folder_size(entry.path) for entry in known}
    return StoreUsage(known, sizes, users_of(known, roots(layout)))


def share_of(layout: Layout, name: str, usage: StoreUsage) -> Share:
    """The share of the environment `name`."""
    whose = {path: {user.split(" ")[0] for user in users} for path, users in usage.users.items()}
    mine = [path for path, names in whose.items() if name in names]
    return Share(
        name,
        folder_size(layout.env(name).root),
        sum(usage.sizes[path] for path in mine),
        sum(usage.sizes[path] for path in mine if whose[path] == {name}),
    )

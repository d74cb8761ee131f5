"""Which entries of the store are in use: whoever names an entry's key uses it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Entry:
    """One thing in the store. kind: its folder below $DEVENV_HOME. key: the hash in its name.

    record: what it says of itself, with the keys of the entries that it refers to.
    """

    kind: str
    key: str
    path: Path
    record: str = field(default="", compare=False, repr=False)


def users_of(entries: Iterable[Entry], roots: Mapping[str, str]) -> dict[Path, tuple[str, ...]]:
    """Path of each entry in use -> its users, in the order of `roots`.

    roots: a user's name, for people -> the text of all its files. Keys are hashes, so a text that has
    one refers to that entry, also a text of a format that nobody reads any more.
    """
    known: dict[str, list[Entry]] = {}
    for entry in entries:
        known.setdefault(entry.key, []).append(entry)
    found: dict[Path, list[str]] = {}
    for user, text in roots.items():
        for entry in _reached(text, known):
            found.setdefault(entry.path, []).append(user)
    return {path: tuple(users) for path, users in found.items()}


def _reached(text: str, known: Mapping[str, list[Entry]]) -> list[Entry]:
    """The entries that `text` names, and those that they name in turn."""
    reached: dict[Path, Entry] = {}
    texts = [text]
    while texts:
        for key in set(_KEY.findall(texts.pop())):
            for entry in known.get(key, ()):
                if entry.path not in reached:
                    reached[entry.path] = entry
                    texts.append(entry.record)
    return list(reached.values())

"""The short cut: an activation for the usual case, computed when the script is written.

If no path list has an entry of ours, an empty one or a ``.``, and no scalar is set, then everything that
an activation does and records is known in advance, except the lists' values. A shell needs only a few
comparisons to check that. Otherwise it follows all rules (delta.sh, fish.fish).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from devenv.core.delta import Change, Environ, EnvironmentDelta, apply, entries, invert
from devenv.shells.program import Assigned, Listed, Operation, program
from devenv.shells.record import VERSION, encode

_LISTED_ONE_BY_ONE = 16
"""Up to this number of entries, a shell searches for each; beyond it, for the prefixes of their paths.
"""

_PARTS = 4


@dataclass(frozen=True)
class QuickList:
    """A path list that is unset, or set and clean with none of our entries.

    front, back: the text before and after its value, with their colons. alone: the new value if it is
    unset; None leaves it unset. added, added_alone: the record's fields for the two cases. avoid: what
    the list must not contain: entries, or prefixes of entries if they end in a slash.
    """

    name: str
    front: str
    back: str
    alone: str | None
    added: str
    added_alone: str
    avoid: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether all entries go in front, and need no encoding in the record."""
        return not self.back and self.added == f",{self.name},+,+,+:{self.front[:-1]}"


@dataclass(frozen=True)
class Quick:
    """A short cut. scalars: the variables that must be unset. values: their new values."""

    scalars: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    lists: tuple[QuickList, ...]

    def record(self, names: Iterable[str]) -> str:
        """The beginning of the record, with the scalars in `names`."""
        selected = set(names)
        return encode(Change(name, None, value) for name, value in self.values if name in selected)


def quick(delta: EnvironmentDelta) -> Quick | None:
    """The short cut of a delta. None if it has none, since it removes entries or adds one twice."""
    operations = program(delta)
    lists = [_listed(operation, delta) for operation in operations if isinstance(operation, Listed)]
    assigned = [operation for operation in operations if isinstance(operation, Assigned)]
    if not all(_simple(o) for o in operations):
        return None
    values = tuple((a.name, a.value) for a in assigned if a.value is not None)
    return Quick(
        tuple(a.name for a in assigned),
        values,
        tuple(each for each in lists if each is not None),
    )


def _simple(operation: Operation) -> bool:
    if isinstance(operation, Assigned):
        return True
    values = [value for batch in operation.batches for value in batch.values]
    return len(values) == len(set(values)) and all(b.kind != "remove" for b in operation.batches)


def _listed(operation: Listed, delta: EnvironmentDelta) -> QuickList | None:
    if not operation.ours:
        return None
    name = operation.name
    own = EnvironmentDelta(delta.of(name))
    front, back = apply(own, {name: "\0"})[name].split("\0")
    return QuickList(
        name,
        front,
        back,
        apply(own, {}).get(name),
        _record(own, {name: "\0"}),
        _record(own, {}),
        _beginnings(operation.ours),
    )


def _record(delta: EnvironmentDelta, before: Environ) -> str:
    """The fields of one change as the shells write them: the added entries in the order of the list."""
    (change,) = invert(delta, before)
    added = (entry for entry in entries(change.after) if entry in (change.added or ()))
    return encode([replace(change, added=tuple(added))])[len(VERSION) :]


def encode_value(value: str) -> str:
    """A value as the record encodes it."""
    return encode([Change("X", None, value)]).split(",")[3].removeprefix("+")


def _beginnings(ours: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes that a list must not contain: usually one directory, which only devenv uses."""
    rooted = all(entry.startswith("/") for entry in ours)
    common = posixpath.commonpath(ours) + "/" if rooted and len(ours) > 1 else ""
    if common.count("/") >= _PARTS and all(entry.startswith(common) for entry in ours):
        return (common,)
    if len(ours) <= _LISTED_ONE_BY_ONE:
        return ours
    cut = ("/".join([*entry.split("/")[:_PARTS], ""]) for entry in ours)
    whole = (e if e.count("/") < _PARTS else c for e, c in zip(ours, cut, strict=True))
    return tuple(dict.fromkeys(whole))

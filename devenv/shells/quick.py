"""The activation that nearly always applies, worked out when the script is written.

Where nothing of ours is on a path list, nothing in it needs tidying, and none of the scalars is set,
what an activation does and what it records are known but for the lists' values. A shell tells that by a
few comparisons; where it is otherwise, the whole rules apply (bash.sh, sh.sh).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from devenv.core.delta import Change, Environ, EnvironmentDelta, apply, invert
from devenv.shells.program import Assigned, Listed, Operation, program
from devenv.shells.record import VERSION, encode

_LISTED_ONE_BY_ONE = 16
"""Up to so many entries a shell looks for each of them; for more, for the beginnings of their paths."""

_PARTS = 4


@dataclass(frozen=True)
class QuickList:
    """A path list that is there, clean and free of ours, or not there at all.

    front, back: go around what is there, with their colons. alone: the value where there is none; None:
    then nothing is done. added, added_alone: the fields for the record. avoid: entries, and beginnings
    of entries where they end in a slash, of which it has none. ours: the entries, all of them.
    """

    name: str
    front: str
    back: str
    alone: str | None
    added: str
    added_alone: str
    avoid: tuple[str, ...]
    ours: tuple[str, ...]

    @property
    def plain(self) -> bool:
        """Whether the entries all go in front, and stand in the record as they are."""
        return not self.back and self.added == f",{self.name},+,+,+:{self.front[:-1]}"


@dataclass(frozen=True)
class Quick:
    """scalars: what must not be set. values: what they become."""

    scalars: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    lists: tuple[QuickList, ...]

    def record(self, names: Iterable[str]) -> str:
        """The beginning of the record, with these of the scalars."""
        wanted = set(names)
        return encode(Change(name, None, value) for name, value in self.values if name in wanted)


def quick(delta: EnvironmentDelta) -> Quick | None:
    """None where the delta is of a kind that has no short cut: it removes, or names an entry twice."""
    operations = program(delta)
    lists = [_listed(operation, delta) for operation in operations if isinstance(operation, Listed)]
    assigned = [operation for operation in operations if isinstance(operation, Assigned)]
    if not all(_simple(o) for o in operations):
        return None
    values = tuple((a.name, a.value) for a in assigned if a.value is not None)
    return Quick(
        tuple(a.name for a in assigned),
        values,
        tuple(found for found in lists if found is not None),
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
    own = EnvironmentDelta(tuple(edit for edit in delta.edits if edit.name == name))
    front, back = apply(own, {name: "\0"})[name].split("\0")
    return QuickList(
        name,
        front,
        back,
        apply(own, {}).get(name),
        _record(own, {name: "\0"}),
        _record(own, {}),
        _beginnings(operation.ours),
        operation.ours,
    )


def _record(delta: EnvironmentDelta, before: Environ) -> str:
    """The fields of one change as the shells write them: in the order in which the entries stand."""
    return encode(_standing(change) for change in invert(delta, before))[len(VERSION) :]


def _standing(change: Change) -> Change:
    standing = (change.after or "").split(":")
    added = tuple(entry for entry in standing if entry in (change.added or ()))
    return Change(change.name, change.before, change.after, added)


def recorded(value: str) -> str:
    """A value as the record has it."""
    return encode([Change("X", None, value)]).split(",")[3].removeprefix("+")


def _beginnings(entries: tuple[str, ...]) -> tuple[str, ...]:
    """What a list must not have for the short cut: as a rule one folder, which is nobody else's."""
    rooted = all(entry.startswith("/") for entry in entries)
    common = posixpath.commonpath(entries) + "/" if rooted and len(entries) > 1 else ""
    if common.count("/") >= _PARTS and all(entry.startswith(common) for entry in entries):
        return (common,)
    if len(entries) <= _LISTED_ONE_BY_ONE:
        return entries
    cut = ("/".join([*entry.split("/")[:_PARTS], ""]) for entry in entries)
    whole = (e if e.count("/") < _PARTS else c for e, c in zip(entries, cut, strict=True))
    return tuple(dict.fromkeys(whole))

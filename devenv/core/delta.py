"""What an environment changes in a process's variables, as data.

An EnvironmentDelta is an ordered tuple of edits. `apply` makes them. `invert` gives the record from
which `revert` undoes them, even if the user has edited the same variables in between. This module
states the rules; shells/delta.sh and fish.fish follow them, and tests/shells compares the two in real
shells.

Laws, tested with hypothesis for every environment e and delta d:
  revert(invert(d, e), apply(d, e)) == e      apply(d, apply(d, e)) == apply(d, e)
  apply adds no empty entry and no ``.``      a user's later edit survives the revert
  revert(map(compact, changes), e) == revert(changes, e)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Environ = Mapping[str, str]

SEPARATOR = ":"


@dataclass(frozen=True)
class Set:
    """Set the variable to value, whatever it was."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Unset:
    """Unset the variable."""

    name: str
    origin: str


@dataclass(frozen=True)
class Prepend:
    """Put value first in the path list. only_over: only if the list has an entry that no edit adds."""

    name: str
    value: str
    origin: str
    only_over: bool = False


@dataclass(frozen=True)
class Append:
    """Put value last in the path list."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Remove:
    """Take value out of the path list."""

    name: str
    value: str
    origin: str


Edit = Set | Unset | Prepend | Append | Remove


@dataclass(frozen=True)
class EnvironmentDelta:
    """Edits in the order in which they apply; a later one wins."""

    edits: tuple[Edit, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The edited variables, each once, in order of first edit."""
        return tuple(dict.fromkeys(edit.name for edit in self.edits))

    def of(self, name: str) -> tuple[Edit, ...]:
        """The edits of one variable, in order."""
        return tuple(edit for edit in self.edits if edit.name == name)


def compose(*deltas: EnvironmentDelta) -> EnvironmentDelta:
    """One delta with the effect of `deltas`, from left to right."""
    return EnvironmentDelta(tuple(edit for delta in deltas for edit in delta.edits))


def entries(value: str | None) -> list[str]:
    """The entries of a path list. Empty ones and ``.`` are dropped: both mean the working directory."""
    return [entry for entry in (value or "").split(SEPARATOR) if entry not in ("", ".")]


def is_scalar(edits: Iterable[Edit]) -> bool:
    """Whether the variable with these edits is a scalar, not a path list."""
    return any(isinstance(edit, (Set, Unset)) for edit in edits)


def added_entries(edits: Iterable[Edit]) -> tuple[str, ...]:
    """Every entry that the edits put into a path list, each once."""
    values = (v for e in edits if isinstance(e, (Prepend, Append)) for v in entries(e.value))
    return tuple(dict.fromkeys(values))


def apply(delta: EnvironmentDelta, environ: Environ) -> dict[str, str]:
    """A new environment: `environ` with the edits of `delta`."""
    result = dict(environ)
    for name in delta.names():
        value = _edited(delta.of(name), environ.get(name))
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def _edited(edits: Sequence[Edit], before: str | None) -> str | None:
    """The value of one variable after its edits. None: unset."""
    ours = set(added_entries(edits))
    value = before
    for edit in edits:
        if isinstance(edit, Set):
            value = edit.value
        elif isinstance(edit, Unset):
            value = None
        elif isinstance(edit, Prepend) and edit.only_over and set(entries(value)) <= ours:
            continue
        else:
            value = _edited_list(edit, value)
    return value


def _edited_list(edit: Prepend | Append | Remove, value: str | None) -> str | None:
    """The list after one edit. A value of several entries adds them all, one of none adds nothing."""
    values = list(dict.fromkeys(entries(edit.value)))
    if not values or (value is None and isinstance(edit, Remove)):
        return value
    rest = [entry for entry in entries(value) if entry not in values]
    if isinstance(edit, Prepend):
        rest = [*values, *rest]
    elif isinstance(edit, Append):
        rest = [*rest, *values]
    return SEPARATOR.join(rest)


@dataclass(frozen=True)
class Change:
    """How one variable changed. before, after: its value, None for unset.

    added: the path entries that the change added; None for a scalar.
    """

    name: str
    before: str | None
    after: str | None
    added: tuple[str, ...] | None = None


def invert(delta: EnvironmentDelta, before: Environ) -> tuple[Change, ...]:
    """The record that undoes `delta` as applied to `before`."""
    after = apply(delta, before)
    return tuple(
        Change(name, before.get(name), after.get(name), _added(delta, name, before, after))
        for name in delta.names()
    )


def _added(
    delta: EnvironmentDelta, name: str, before: Environ, after: Environ
) -> tuple[str, ...] | None:
    edits = delta.of(name)
    if is_scalar(edits):
        return None
    new = set(entries(after.get(name))) - set(entries(before.get(name)))
    return tuple(entry for entry in added_entries(edits) if entry in new)


def revert(changes: Iterable[Change], environ: Environ) -> dict[str, str]:
    """`environ` with `changes` undone. What the user has changed since then stays."""
    result = dict(environ)
    for change in changes:
        now = result.get(change.name)
        if now == change.after:
            value = change.before
        elif change.added is None or now is None:
            continue
        else:
            value = _without(now, change.added, change.before)
        if value is None:
            result.pop(change.name, None)
        else:
            result[change.name] = value
    return result


def compact(change: Change) -> Change:
    """A shorter change that `revert` undoes in the same way in every environment.

    If taking the added entries out is enough to undo it, the list's values need not be known.
    """
    if change.added is None or change.after is None:
        return change
    if _without(change.after, change.added, change.before) != change.before:
        return change
    value = None if change.before is None else ""
    return Change(change.name, value, value, change.added)


def _without(value: str, added: Iterable[str], before: str | None) -> str | None:
    """A path list without the added entries; None (unset) if it was unset before and none is left."""
    left = [entry for entry in value.split(SEPARATOR) if entry not in added]
    return SEPARATOR.join(left) if left or before is not None else None

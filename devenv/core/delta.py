"""What an environment changes in a process's variables, as data.

An EnvironmentDelta is an ordered tuple of edits. `apply` makes them, `invert` gives the record from
which `revert` takes them back, also when the user has edited the same variables in between.

Laws, held by the tests under hypothesis, for every environment e and delta d:
  revert(invert(d, e), apply(d, e)) == e      apply(d, apply(d, e)) == apply(d, e)
  apply adds no empty entry and no ``.``      a user's later edit survives the revert
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Environ = Mapping[str, str]

SEPARATOR = ":"


@dataclass(frozen=True)
class Set:
    """name=value, whatever was there."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Unset:
    """No variable of that name."""

    name: str
    origin: str


@dataclass(frozen=True)
class Prepend:
    """value is the first entry of the path list. only_over: only where entries not ours are there."""

    name: str
    value: str
    origin: str
    only_over: bool = False


@dataclass(frozen=True)
class Append:
    """value is the last entry of the path list."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Remove:
    """value is no entry of the path list."""

    name: str
    value: str
    origin: str


Edit = Set | Unset | Prepend | Append | Remove


@dataclass(frozen=True)
class EnvironmentDelta:
    """Edits in the order in which they are made; the later one wins."""

    edits: tuple[Edit, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The variables touched, each once, in order of first touch."""
        return tuple(dict.fromkeys(edit.name for edit in self.edits))


def compose(*deltas: EnvironmentDelta) -> EnvironmentDelta:
    """One delta that does what `deltas` do, from left to right."""
    return EnvironmentDelta(tuple(edit for delta in deltas for edit in delta.edits))


def entries(value: str | None) -> list[str]:
    """The entries of a path list. Empty ones and ``.`` are dropped: both mean the working directory."""
    return [entry for entry in (value or "").split(SEPARATOR) if entry not in ("", ".")]


def apply(delta: EnvironmentDelta, environ: Environ) -> dict[str, str]:
    """A new environment with the edits of `delta` made."""
    result = dict(environ)
    for name in delta.names():
        value = _edited([e for e in delta.edits if e.name == name], environ.get(name))
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def _edited(edits: Iterable[Edit], before: str | None) -> str | None:
    """One variable's value after its edits; None: unset."""
    edits = list(edits)
    ours = {v for e in edits if isinstance(e, (Prepend, Append)) for v in entries(e.value)}
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
    """A value of several entries stands for them all; one of none changes nothing."""
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
    """What was done to one variable. None: the variable was not there.

    added: the path entries that this change brought and that were not there before; None: a scalar.
    """

    name: str
    before: str | None
    after: str | None
    added: tuple[str, ...] | None = None


def invert(delta: EnvironmentDelta, before: Environ) -> tuple[Change, ...]:
    """The record that undoes `delta` as it was applied to `before`."""
    after = apply(delta, before)
    return tuple(
        Change(name, before.get(name), after.get(name), _added(delta, name, before, after))
        for name in delta.names()
    )


def _added(
    delta: EnvironmentDelta, name: str, before: Environ, after: Environ
) -> tuple[str, ...] | None:
    edits = [e for e in delta.edits if e.name == name]
    if any(isinstance(e, (Set, Unset)) for e in edits):
        return None
    new = set(entries(after.get(name))) - set(entries(before.get(name)))
    values = (v for e in edits if isinstance(e, (Prepend, Append)) for v in entries(e.value))
    return tuple(dict.fromkeys(v for v in values if v in new))


def revert(changes: Iterable[Change], environ: Environ) -> dict[str, str]:
    """`environ` with `changes` taken back; what the user changed since then stays."""
    result = dict(environ)
    for change in changes:
        now = result.get(change.name)
        if now == change.after:
            value = change.before
        elif change.added is None or now is None:
            continue
        else:
            left = [entry for entry in now.split(SEPARATOR) if entry not in change.added]
            value = SEPARATOR.join(left) if left or change.before is not None else None
        if value is None:
            result.pop(change.name, None)
        else:
            result[change.name] = value
    return result

"""A delta as the few operations that a shell script makes, worked out when the script is written.

What can be known beforehand is known beforehand: after a Set or an Unset nothing depends on what was
there, and edits of one kind that follow each other are one operation on the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from devenv.core.delta import (
    Append,
    Edit,
    EnvironmentDelta,
    Prepend,
    Remove,
    Set,
    Unset,
    apply,
    entries,
)
from devenv.shells.record import checked_variable


@dataclass(frozen=True)
class Assigned:
    """A variable that gets a value, whatever was there; None: it is taken away."""

    name: str
    value: str | None


@dataclass(frozen=True)
class Batch:
    """Values put in front one after the other, or at the end, or taken out: prepend, append, remove.

    only_over: only where the list has an entry that is not one of `Listed.ours`.
    """

    kind: str
    values: tuple[str, ...]
    only_over: bool = False


@dataclass(frozen=True)
class Listed:
    """A path list that gets and loses entries, in order. ours: every entry that it may get."""

    name: str
    ours: tuple[str, ...]
    batches: tuple[Batch, ...]


Operation = Assigned | Listed


def program(delta: EnvironmentDelta) -> tuple[Operation, ...]:
    """One operation for each variable, the scalars first: none depends on another.

    UsageError for a name that is no variable's, or ours.
    """
    operations = [
        _operation(checked_variable(name), [e for e in delta.edits if e.name == name])
        for name in delta.names()
    ]
    return tuple(sorted(operations, key=lambda operation: isinstance(operation, Listed)))


def _operation(name: str, edits: Sequence[Edit]) -> Operation:
    if any(isinstance(edit, (Set, Unset)) for edit in edits):
        return Assigned(name, apply(EnvironmentDelta(tuple(edits)), {}).get(name))
    ours = (v for e in edits if isinstance(e, (Prepend, Append)) for v in entries(e.value))
    found = (
        Batch(kind, _values(list(group)), over) for (kind, over), group in groupby(edits, _kind)
    )
    batches = [batch for batch in found if batch.values]
    kept = (_kept(batch, batches[n + 1 :]) for n, batch in enumerate(batches))
    return Listed(name, tuple(dict.fromkeys(ours)), tuple(kept))


def _kept(batch: Batch, later: Sequence[Batch]) -> Batch:
    """Without what is taken out again later: to undo it, nothing has to go. It may be left with none."""
    if batch.kind == "remove":
        return batch
    gone = {value for other in later if other.kind == "remove" for value in other.values}
    return replace(batch, values=tuple(value for value in batch.values if value not in gone))


def _kind(edit: Edit) -> tuple[str, bool]:
    return type(edit).__name__.lower(), isinstance(edit, Prepend) and edit.only_over


def _values(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The entries in the order in which they are put in place; of equal ones the last counts."""
    values: list[str] = []
    for edit in edits:
        if isinstance(edit, (Prepend, Append, Remove)):
            found = list(dict.fromkeys(entries(edit.value)))
            values += reversed(found) if isinstance(edit, Prepend) else found
    return tuple(reversed(dict.fromkeys(reversed(values))))

"""Compiles a delta to the few operations that a shell script performs.

What can be computed in advance is: after a Set or an Unset, nothing depends on the old value, and
consecutive edits of one kind are one operation on the list.
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
    added_entries,
    apply,
    entries,
    is_scalar,
)
from devenv.shells.record import checked_variable


@dataclass(frozen=True)
class Assigned:
    """A variable that is set to `value`, or unset if that is None."""

    name: str
    value: str | None


@dataclass(frozen=True)
class ListEdit:
    """Entries to prepend one after the other, to append or to remove (kind).

    only_over: only if the list has an entry that is not in `Listed.ours`.
    """

    kind: str
    values: tuple[str, ...]
    only_over: bool = False


@dataclass(frozen=True)
class Listed:
    """A path list and its batches, in order. ours: every entry that they may add."""

    name: str
    ours: tuple[str, ...]
    batches: tuple[ListEdit, ...]


Operation = Assigned | Listed


def program(delta: EnvironmentDelta) -> tuple[Operation, ...]:
    """One operation for each variable, the scalars first: no variable depends on another.

    UsageError for a name that no variable can have, or that devenv itself uses.
    """
    operations = [_operation(checked_variable(name), delta.of(name)) for name in delta.names()]
    return tuple(sorted(operations, key=lambda operation: isinstance(operation, Listed)))


def _operation(name: str, edits: Sequence[Edit]) -> Operation:
    if is_scalar(edits):
        return Assigned(name, apply(EnvironmentDelta(tuple(edits)), {}).get(name))
    groups = (
        ListEdit(kind, _values(list(group)), over) for (kind, over), group in groupby(edits, _kind)
    )
    batches = [batch for batch in groups if batch.values]
    kept = (_kept(batch, batches[n + 1 :]) for n, batch in enumerate(batches))
    return Listed(name, added_entries(edits), tuple(kept))


def _kept(batch: ListEdit, later: Sequence[ListEdit]) -> ListEdit:
    """The batch without entries that a later one removes, so that undoing it does not touch them."""
    if batch.kind == "remove":
        return batch
    removed = {value for other in later if other.kind == "remove" for value in other.values}
    return replace(batch, values=tuple(value for value in batch.values if value not in removed))


def _kind(edit: Edit) -> tuple[str, bool]:
    return type(edit).__name__.lower(), isinstance(edit, Prepend) and edit.only_over


def _values(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The entries in the order in which they are added; of equal ones the last counts."""
    values: list[str] = []
    for edit in edits:
        if isinstance(edit, (Prepend, Append, Remove)):
            own = list(dict.fromkeys(entries(edit.value)))
            values += reversed(own) if isinstance(edit, Prepend) else own
    return tuple(reversed(dict.fromkeys(reversed(values))))

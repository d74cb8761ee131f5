"""The record of an activation's changes: one variable that every shell and Python can read.

    1,NAME,BEFORE,AFTER,ADDED,NAME,BEFORE,AFTER,ADDED,...

BEFORE and AFTER are ``-`` for an unset variable, otherwise ``+value``. ADDED is ``-`` for a scalar,
otherwise ``+`` and each entry after a ``:``. Values are percent-encoded (RFC 3986), except letters,
digits and ``_./:@+~-``: what is left has no meaning to a shell inside a word, and every shell can decode
it without evaluating it.

The changes of path lists are compact (devenv.core.delta), so that a list of a thousand entries is not
recorded twice: Linux starts no program with a variable beyond 128 KiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from devenv.core.delta import Change, compact
from devenv.core.errors import StateError, UsageError

RECORD = "DEVENV_RECORD"
"""The variable's name."""
VERSION = "1"
_SAFE = "/:@+"  # and what urllib never encodes: letters, digits and _.-~
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def checked_variable(name: str) -> str:
    """`name`, if it can stand in a script unquoted; otherwise UsageError."""
    if not _VARIABLE.fullmatch(name) or name == RECORD or name.startswith("__devenv_"):
        raise UsageError(
            f"{name!r} cannot be a variable of an environment",
            fix=f"Use letters, digits and '_', not starting with a digit; {RECORD} is devenv's own.",
        )
    return name


def encode(changes: Iterable[Change]) -> str:
    """The text for DEVENV_RECORD; UsageError for a name that no variable can have."""
    fields = [VERSION]
    for change in map(compact, changes):
        fields += [checked_variable(change.name), _value(change.before), _value(change.after)]
        fields.append(_entries(change.added))
    return ",".join(fields)


def decode(text: str) -> tuple[Change, ...]:
    """The changes in a DEVENV_RECORD, compact; StateError if it cannot be read."""
    version, *fields = text.split(",")
    if version != VERSION or len(fields) % 4:
        raise _unreadable()
    return tuple(_change(*fields[i : i + 4]) for i in range(0, len(fields), 4))


def _value(value: str | None) -> str:
    return "-" if value is None else f"+{_quote(value, _SAFE)}"


def _entries(added: tuple[str, ...] | None) -> str:
    return "-" if added is None else "+" + "".join(f":{_quote(entry, '/@+')}" for entry in added)


def _quote(text: str, safe: str) -> str:
    return quote(text, safe=safe, encoding="utf-8", errors="surrogateescape")


def _unquote(text: str) -> str:
    return unquote(text, encoding="utf-8", errors="surrogateescape")


def _change(name: str, before: str, after: str, added: str) -> Change:
    if any(field[:1] not in ("+", "-") for field in (before, after, added)):
        raise _unreadable()
    return Change(checked_variable(name), _text(before), _text(after), _list(added))


def _text(field: str) -> str | None:
    return None if field == "-" else _unquote(field[1:])


def _list(field: str) -> tuple[str, ...] | None:
    return None if field == "-" else tuple(_unquote(entry) for entry in field.split(":")[1:])


def _unreadable() -> StateError:
    return StateError(
        f"{RECORD} cannot be read: another version of devenv wrote it, or something changed it",
        fix=f"Start a new shell, or: unset {RECORD}",
    )

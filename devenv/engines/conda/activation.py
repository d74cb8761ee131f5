"""The changes by activation scripts of packages, as edits that any shell can revert. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from devenv.core.delta import Append, Edit, Prepend, Set, Unset

MARK = "/devenv-value-before"
"""A placeholder for the old entries of a list, which shows on which side a script adds to it."""
_LIST = re.compile(r"\b[A-Z_][A-Z0-9_]*PATH\b")
_OWN = re.compile(r"_|SHLVL|PWD|OLDPWD")


def lists_in(scripts: Iterable[str]) -> tuple[str, ...]:
    """The path-list variables that the texts of scripts mention."""
    return tuple(sorted({name for text in scripts for name in _LIST.findall(text)} - {"PATH"}))


def edits_between(
    before: Mapping[str, str], after: Mapping[str, str], origin: str
) -> Iterator[Edit]:
    """The edits that change the variables `before` to `after`.

    Copies of old values, which scripts keep for their deactivation, are left out: devenv deactivates.
    """
    copies = {MARK, before.get("PATH", "")}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new or _OWN.fullmatch(name) or (old is None and new in copies):
            continue
        if new is None:
            yield Unset(name, origin)
        elif old and f":{old}:" in f":{new}:":
            yield from _added(name, old, new, origin)
        else:
            yield Set(name, new.replace(MARK, "").strip(":"), origin)


def _added(name: str, old: str, new: str, origin: str) -> Iterator[Edit]:
    """The edits for entries before and after the old value."""
    front, _, back = f":{new}:".partition(f":{old}:")
    yield from (Prepend(name, one, origin) for one in reversed(front.split(":")) if one)
    yield from (Append(name, one, origin) for one in back.split(":") if one)

"""What the activation scripts of packages change, as edits that can be undone in any shell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from devenv.core.delta import Append, Edit, Prepend, Set, Unset

MARK = "/devenv-value-before"
"""Stands for what a list holds before: it shows on which side a script adds to it."""
_LIST = re.compile(r"\b[A-Z_][A-Z0-9_]*PATH\b")
_OWN = re.compile(r"_|SHLVL|PWD|OLDPWD")


def lists_in(scripts: Iterable[str]) -> tuple[str, ...]:
    """The variables with lists of directories that the texts of scripts name."""
    return tuple(sorted({name for text in scripts for name in _LIST.findall(text)} - {"PATH"}))


def edits_between(
    before: Mapping[str, str], after: Mapping[str, str], origin: str
) -> Iterator[Edit]:
    """The edits that lead from one to the other.

    A copy of an old value is left out: scripts keep one for their deactivation, which is ours to do.
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
    """What stands in front of the old value, and behind it."""
    front, _, back = f":{new}:".partition(f":{old}:")
    yield from (Prepend(name, one, origin) for one in reversed(front.split(":")) if one)
    yield from (Append(name, one, origin) for one in back.split(":") if one)

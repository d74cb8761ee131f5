"""Names that become part of paths and shell code, and suggestions for misspelt ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from devenv.core.errors import UsageError

DERIVED = ".with-"
"""Part of the name of an environment that `devenv test --with` made from another."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(name: str, what: str = "an environment") -> str:
    """`name` itself if it is safe as a directory name and in a shell, else a UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"invalid name of {what}: {name!r}",
            fix="Use letters, digits, '.', '_' and '-', starting with a letter or a digit.",
        )
    return name


def normalise_name(package: str) -> str:
    """A distribution's name as the index compares it (PEP 503): ``Neuro_Damus`` -> ``neuro-damus``."""
    return re.sub(r"[-_.]+", "-", package).lower()


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint such as ``Did you mean 'neocortex'?``, followed by the known names."""
    names = sorted(set(known))
    close = get_close_matches(wrong, names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known: {', '.join(names) if names else 'none'}."


def unknown(what: str, wrong: str, known: Iterable[str], where: str = "") -> UsageError:
    """The error for a name that is not in `known`; where: the file or the option that contains it."""
    place = f" in {where}" if where else ""
    return UsageError(f"unknown {what} {wrong!r}{place}", fix=did_you_mean(wrong, known))

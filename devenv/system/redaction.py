"""Secrets are blanked before anything is printed or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

BLANK = "***"

_TELLTALE = r"(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(?:API|ACCESS|PRIVATE)[_-]?KEY)"
_NAME = re.compile(_TELLTALE, re.IGNORECASE)
# Greedy up to the last "@" before the path: a password may hold an "@" of its own.
_IN_URL = re.compile(r"://[^\s/'\"]+@")
_ASSIGNED = re.compile(rf"({_TELLTALE}[\w-]*\s*=\s*)('[^']*'|\"[^\"]*\"|[^\s'\"&]+)", re.IGNORECASE)
_OPTION = re.compile(rf"--?[\w-]*{_TELLTALE}[\w-]*", re.IGNORECASE)
_WHOLE = re.compile(rf"\A([\w-]*{_TELLTALE}[\w-]*=).+", re.IGNORECASE | re.DOTALL)

_SHORTEST = 6
"""A shorter value ("1", "true") stands in too many innocent places to be blanked everywhere."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """`text` without the user and password of URLs, nor what is given to a secret's name.

    Values of the variables in `environ` whose name holds TOKEN, PASSWORD, SECRET, API_KEY or the like
    are blanked wherever they stand.
    """
    text = _IN_URL.sub(f"://{BLANK}@", text)
    text = _ASSIGNED.sub(rf"\1{BLANK}", text)
    for value in secrets_of(environ or {}):
        text = text.replace(value, BLANK)
    return text


def redacted_words(
    argv: Sequence[str], environ: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """A command as it can be shown: `redacted`, and without what an option of a secret's name is given
    (``--token=a b``, ``--password abc``)."""
    before = ("", *argv)
    return tuple(
        BLANK
        if _OPTION.fullmatch(option) and not word.startswith("-")
        else redacted(_WHOLE.sub(rf"\1{BLANK}", word), environ)
        for option, word in zip(before, argv, strict=False)
    )


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of secret variables, the longest first, so that no end of one is left standing."""
    values = {v for k, v in environ.items() if _NAME.search(k) and len(v) >= _SHORTEST}
    return tuple(sorted(values, key=len, reverse=True))

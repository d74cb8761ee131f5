"""Removes secrets from anything that is printed or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

BLANK = "***"

_TELLTALE = r"(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(?:API|ACCESS|PRIVATE)[_-]?KEY)"
_NAME = re.compile(_TELLTALE, re.IGNORECASE)
# Greedy up to the last "@" before the path: a password may contain an "@".
_IN_URL = re.compile(r"://[^\s/'\"]+@")
_IN_PATH = re.compile(r"(://[^\s'\"]*?/t/)[^\s/'\"]+(?=/)")
"""The token of a channel's address, as conda has it."""
_ASSIGNED = re.compile(rf"({_TELLTALE}[\w-]*\s*=\s*)('[^']*'|\"[^\"]*\"|[^\s'\"&]+)", re.IGNORECASE)
_OPTION = re.compile(rf"--?[\w-]*{_TELLTALE}[\w-]*", re.IGNORECASE)
_WHOLE = re.compile(rf"\A([\w-]*{_TELLTALE}[\w-]*=).+", re.IGNORECASE | re.DOTALL)

_SHORTEST = 6
"""Shorter values ("1", "true") occur in too many harmless places."""


def redacted(text: str, environ: Mapping[str, str] | None = None) -> str:
    """`text` without users and passwords in URLs, and without values of secret names.

    It also removes the values of variables in `environ` whose names contain TOKEN, PASSWORD, SECRET,
    API_KEY or similar.
    """
    text = _IN_URL.sub(f"://{BLANK}@", text)
    text = _IN_PATH.sub(rf"\1{BLANK}", text)
    text = _ASSIGNED.sub(rf"\1{BLANK}", text)
    for value in secrets_of(environ or {}):
        text = text.replace(value, BLANK)
    return text


def redacted_words(
    argv: Sequence[str], environ: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """A command for display: `redacted`, and without the values of secret options (``--token=a b``,
    ``--password abc``).
    """
    before = ("", *argv)
    return tuple(
        BLANK
        if _OPTION.fullmatch(option) and not word.startswith("-")
        else redacted(_WHOLE.sub(rf"\1{BLANK}", word), environ)
        for option, word in zip(before, argv, strict=False)
    )


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of secret variables, longest first, so that no part of one remains."""
    values = {v for k, v in environ.items() if _NAME.search(k) and len(v) >= _SHORTEST}
    return tuple(sorted(values, key=len, reverse=True))

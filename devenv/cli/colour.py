"""Colour on a terminal: whether, and which."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TextIO

STYLES = {
    "error": "1;31", "warning": "1;33", "note": "36", "ok": "32", "bold": "1", "dim": "2",
}  # fmt: skip


def coloured(stream: TextIO, environ: Mapping[str, str], when: str = "auto") -> bool:
    """Whether to colour what goes to `stream`.

    --color first, then NO_COLOR (no-color.org) and CLICOLOR_FORCE (bixense.com/clicolors), where set and
    not empty; else on a terminal that is not dumb.
    """
    if when != "auto":
        return when == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def paint(text: str, style: str, on: bool) -> str:
    """The text in one of STYLES, where `on`."""
    return f"\033[{STYLES[style]}m{text}\033[0m" if on and text else text


def message(text: str, environ: Mapping[str, str], when: str = "auto") -> str:
    """An error of devenv as it is printed on standard error."""
    on = coloured(sys.stderr, environ, when)
    head, newline, rest = text.partition("\n")
    return f"{paint('devenv: error:', 'error', on)} {paint(head, 'bold', on)}{newline}{rest}"

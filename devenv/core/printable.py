"""Texts of others on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text in one line, with escape sequences of Python for what is not printable.

    So no line break or escape sequence from a file or a command line reaches the terminal.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

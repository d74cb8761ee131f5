"""Edits of a user's text files: adds a marked block, and shows an edit as a diff."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable


def text_diff(path: str, before: str, after: str) -> tuple[str, ...]:
    """The lines of a unified diff; none if the texts are equal."""
    old, new = before.splitlines(), after.splitlines()
    return tuple(difflib.unified_diff(old, new, path, path, lineterm=""))


def keeping_line_ends(text: str, change: Callable[[str], str]) -> str:
    """`text` as `change` makes it. Where all its lines end with CRLF, they do afterwards.

    change: gets that text with plain line ends.
    """
    if "\n" not in text or text.count("\r\n") < text.count("\n"):
        return change(text)
    return change(text.replace("\r\n", "\n")).replace("\n", "\r\n")


def with_block(text: str, title: str, lines: str) -> str:
    """The text with one block of this title, at its end, between two lines that mark it."""
    text = without_block(text, title)
    newline = "" if not text or text.endswith("\n") else "\n"
    gap = "\n" if text else ""
    return f"{text}{newline}{gap}# >>> {title} >>>\n{lines.rstrip()}\n# <<< {title} <<<\n"


def without_block(text: str, title: str) -> str:
    """The text without the block of this title."""
    begin, end = (re.escape(f"# {mark} {title} {mark}\n") for mark in (">>>", "<<<"))
    return re.sub(rf"\n?{begin}.*?{end}", "", text, flags=re.DOTALL)

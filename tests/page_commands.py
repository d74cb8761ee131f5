"""The command blocks of the pages: what is typed, and what is then printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CUT = "…"
"""In an output: any text; on a line of its own: any number of lines."""


@dataclass(frozen=True)
class Typed:
    """A command with its here-document, and the output that the page shows."""

    line: int
    command: str
    output: tuple[str, ...]


def blocks(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Each indented block of a page with the number of its first line; none in a fenced one."""
    found: list[str] = []
    start, fenced, list_item = 0, False, False
    for number, line in enumerate([*page.read_text(encoding="utf-8").splitlines(), "end"], 1):
        if line.startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        if line.startswith("    ") and not list_item:
            start = start or number
            found.append(line[4:])
        elif found and not line.strip():
            found.append("")
        elif line.strip():
            if found:
                yield start, found
            found, start = [], 0
            item = bool(re.match(r"\s*([-*:]|\d+\.) ", line))
            list_item = item or (list_item and line.startswith(" "))


def typed(page: Path) -> Iterator[Typed]:
    """What a page types behind a ``$``, in order."""
    for start, lines in blocks(page):
        at = 0
        while at < len(lines):
            if not lines[at].startswith("$ "):
                at += 1
                continue
            number, command = start + at, [lines[at][2:]]
            if here := re.search(r"<<'(\w+)'$", command[0]):
                while lines[at] != here[1]:
                    at += 1
                    command.append(lines[at])
            at += 1
            output = []
            while at < len(lines) and not lines[at].startswith("$ "):
                output.append(lines[at])
                at += 1
            text = "\n".join(output).strip("\n")
            yield Typed(number, "\n".join(command), tuple(text.splitlines()))


def commands(page: Path) -> Iterator[tuple[int, str]]:
    """Each line of a page's blocks that calls devenv, with its number; outputs are left out."""
    for start, lines in blocks(page):
        session = any(line.startswith("$ ") for line in lines)
        for at, line in enumerate(lines):
            text = line.removeprefix("$ ").partition(" #")[0]
            if session and not line.startswith("$ "):
                continue
            for call in re.findall(r"(?:^|[\s(])(devenv [^|>#;&)`]*)", text):
                yield start + at, call.strip().rstrip('"')


def pattern(output: tuple[str, ...]) -> re.Pattern[str]:
    """What the output has to match: the text, with anything where the page has an ellipsis."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == CUT else re.escape(line).replace(CUT, r".*") + r" *\n"
        for line in output
    ]
    return re.compile("".join(parts))

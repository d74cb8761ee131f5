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
    """A command with its here-document. output: what the page shows; None where it shows none.

    why_not: why no test executes it; empty for one that is executed.
    """

    line: int
    command: str
    output: tuple[str, ...] | None = None
    why_not: str = ""

    @property
    def compared(self) -> bool:
        """Whether the page shows a text that the output has to have."""
        return any(line.strip() != CUT for line in self.output or ())


@dataclass(frozen=True)
class Block:
    """An indented block. line: of its first one. marks: (begin of a command, why it is not executed)."""

    line: int
    lines: tuple[str, ...]
    marks: tuple[tuple[str, str], ...] = ()

    def why_not(self, command: str) -> str:
        return next((why for begin, why in self.marks if command.startswith(begin)), "")


MARK = re.compile(r"<!-- not executed(?: \((?P<begin>.+)\))?: (?P<why>.+) -->")
"""Before a block: no test executes it; with a text in parentheses, the lines of it that begin so."""


def blocks(page: Path) -> Iterator[Block]:
    """Each indented block of a page; none in a fenced one or in a list."""
    found: list[str] = []
    marks: list[tuple[str, str]] = []
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
                yield Block(start, tuple(found), tuple(marks))
                marks = []
            found, start = [], 0
            if mark := MARK.fullmatch(line):
                marks.append((mark["begin"] or "", mark["why"]))
            elif marks:
                raise ValueError(f"{page}:{number}: a mark stands before no block")
            item = bool(re.match(r"\s*([-*:]|\d+\.) ", line))
            list_item = item or (list_item and line.startswith(" "))


def typed(page: Path) -> Iterator[Typed]:
    """What a page types, in order: behind a ``$`` with its output, or lines of commands alone."""
    for block in blocks(page):
        if any(line.startswith("$ ") for line in block.lines):
            yield from _session(block)
        else:
            for at, line in enumerate(block.lines):
                if line and not line.startswith("#"):
                    yield Typed(block.line + at, line, None, block.why_not(line))


def _session(block: Block) -> Iterator[Typed]:
    lines, at = block.lines, 0
    while at < len(lines):
        number, command = block.line + at, [lines[at][2:]]
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
        yield Typed(number, "\n".join(command), tuple(text.splitlines()), block.why_not(command[0]))


def commands(page: Path) -> Iterator[tuple[int, str]]:
    """Each line of a page's blocks that calls devenv, with its number; outputs are left out."""
    for block in blocks(page):
        session = any(line.startswith("$ ") for line in block.lines)
        for at, line in enumerate(block.lines):
            text = line.removeprefix("$ ").partition(" #")[0]
            if session and not line.startswith("$ "):
                continue
            for call in re.findall(r"(?:^|[\s(])(devenv [^|>#;&)`]*)", text):
                yield block.line + at, call.strip().rstrip('"')


def pattern(output: tuple[str, ...]) -> re.Pattern[str]:
    """What the output has to match: the text, with anything where the page has an ellipsis."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == CUT else re.escape(line).replace(CUT, r".*") + r" *\n"
        for line in output
    ]
    return re.compile("".join(parts))

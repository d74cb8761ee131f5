"""Tables of text that fit the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from devenv.core.result import Table

_GAP = "  "
_LEAST = 8
"""The width below which no column is narrowed."""


def laid_out(table: Table, width: int = 0) -> list[str]:
    """The lines of a table. width: of the terminal; a row that does not fit takes several lines.

    0: one line for a row, however long.
    """
    rows = [table.header, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.header))]
    if width:
        widths = _narrowed(widths, width - len(_GAP) * (len(widths) - 1))
    return [line for row in rows for line in _row(row, widths)]


def _narrowed(widths: list[int], room: int) -> list[int]:
    """The widest columns give way first."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(row: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    cells = [
        textwrap.wrap(cell, width, break_on_hyphens=False) if len(cell) > width else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    for at in range(max(map(len, cells))):
        parts = [cell[at] if at < len(cell) else "" for cell in cells]
        yield _GAP.join(p.ljust(w) for p, w in zip(parts, widths, strict=True)).rstrip()

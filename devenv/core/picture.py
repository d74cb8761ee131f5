"""Draws the dependency graph of components: boxes in columns, with a line to each dependency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from devenv.core.components import Component, component_line, layers

_CHARACTER, _HEIGHT, _ROW, _GAP, _MARGIN, _TOP = 7, 24, 32, 70, 16, 40
"""In pixels: character width, height of a box and a row, gap between columns, margin, top of the graph.
"""

_LONGEST = 44
"""Maximum number of characters in a box. The tooltip has the whole text."""

_FILLS = {"source": "#ffe7b3", "model": "#cfe8cf", "python": "#d9e4f5", "package": "#ffffff"}


@dataclass(frozen=True)
class _Box:
    one: Component
    x: int
    y: int
    width: int
    text: str


def picture(title: str, components: Sequence[Component]) -> str:
    """An SVG document, which can also be embedded in a page."""
    boxes = {box.one.id: box for box in _boxes(components)}
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN
    width = max(width, len(title) * 10 + 2 * _MARGIN)
    height = max((box.y + _ROW for box in boxes.values()), default=_TOP) + _MARGIN
    body = "\n".join([*_lines(boxes), *(_drawn(box) for box in boxes.values())])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(title)}'
        f' width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="monospace" font-size="11">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="{_MARGIN}" y="24" font-size="15">{escape(title)}</text>\n{body}\n</svg>\n'
    )


def _boxes(components: Sequence[Component]) -> Iterator[_Box]:
    """A column of boxes for each layer, sorted so that dependencies of one component are close."""
    row: dict[str, float] = {}
    x = _MARGIN
    for layer in layers(components):
        ordered = sorted(layer, key=lambda one: _middle(one, components, row))
        texts = {one.id: _text(one) for one in ordered}
        width = max(map(len, texts.values())) * _CHARACTER + 14
        for number, one in enumerate(ordered):
            row[one.id] = number
            yield _Box(one, x, _TOP + number * _ROW, width, texts[one.id])
        x += width + _GAP


def _middle(one: Component, components: Sequence[Component], row: dict[str, float]) -> float:
    """The mean row of its dependents that are placed already."""
    rows = [row[by.id] for by in components if one.id in by.needs and by.id in row]
    return sum(rows) / len(rows) if rows else 0


def _text(one: Component) -> str:
    text = component_line(one)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _lines(boxes: dict[str, _Box]) -> Iterator[str]:
    for box in boxes.values():
        for need in box.one.needs:
            if need in boxes:
                yield _line(box, boxes[need])


def _line(start: _Box, end: _Box) -> str:
    x1, y1 = start.x + start.width, start.y + _HEIGHT // 2
    x2, y2 = end.x, end.y + _HEIGHT // 2
    bend = max(_GAP // 2, (x2 - x1) // 2)
    curve = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
    return f'<path d="{curve}" fill="none" stroke="#999999"/>'


def _drawn(box: _Box) -> str:
    fill = _FILLS.get(box.one.kind, "#eeeeee")
    return (
        f"<g id={quoteattr(box.one.id)}><title>{escape(component_line(box.one))}</title>"
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{_HEIGHT}" rx="4"'
        f' fill="{fill}" stroke="#555555"/>'
        f'<text x="{box.x + 7}" y="{box.y + 16}">{escape(box.text)}</text></g>'
    )

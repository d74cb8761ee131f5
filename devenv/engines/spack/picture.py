"""The graph of an environment's packages as SVG: a column for each distance from the roots."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from devenv.engines.spack.lockfile import Node, SpackLock

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 190, 34, 70, 14


def svg(lock: SpackLock) -> str:
    """What is for running, with an arrow from each package to those that it needs.

    Dev sources are marked, and what is the machine's own is dashed.
    """
    nodes = {node.hash: node for node in lock.running()}
    places = _places(lock, nodes)
    height = max((y for _, y in places.values()), default=0) + _HEIGHT + _GAP_Y
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _GAP_X
    size = f'width="{width}" height="{height}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">']
    for hash_, node in nodes.items():
        x, y = places[hash_]
        for need in node.needs:
            if need in places:
                parts.append(_line(x, y, *places[need]))
    parts += [_box(node, *places[hash_]) for hash_, node in nodes.items()]
    return "\n".join([*parts, "</svg>\n"])


def _places(lock: SpackLock, nodes: Mapping[str, Node]) -> dict[str, tuple[int, int]]:
    """Each at its longest distance from a root, so that arrows lead to the right."""
    depth: dict[str, int] = {}
    queue = [(hash_, 0) for _, hash_ in lock.roots]
    while queue:
        hash_, at = queue.pop()
        if hash_ in nodes and depth.get(hash_, -1) < at:
            depth[hash_] = at
            queue += [(need, at + 1) for need in nodes[hash_].needs]
    rows: dict[int, int] = {}
    places = {}
    for hash_ in nodes:
        column = depth[hash_]
        row = rows[column] = rows.get(column, -1) + 1
        places[hash_] = (
            _GAP_X // 2 + column * (_WIDTH + _GAP_X),
            _GAP_Y + row * (_HEIGHT + _GAP_Y),
        )
    return places


def _line(x: int, y: int, to_x: int, to_y: int) -> str:
    start, end = (x + _WIDTH, y + _HEIGHT // 2), (to_x, to_y + _HEIGHT // 2)
    bend = _GAP_X // 2
    return (
        f'<path d="M{start[0]},{start[1]} C{start[0] + bend},{start[1]} {end[0] - bend},{end[1]}'
        f' {end[0]},{end[1]}" fill="none" stroke="#888"/>'
    )


def _box(node: Node, x: int, y: int) -> str:
    fill = "#ffe9b0" if node.dev else "#eef3fa"
    dashed = ' stroke-dasharray="4 3"' if node.external else ""
    where = f"\n{node.dev or node.external}".rstrip()
    title = escape(
        f"{node.name}@{node.version} {node.variants}".strip() + (f"\n{where}" if where else "")
    )
    label = escape(f"{node.name} {node.version}"[:30])
    return (
        f'<g><title>{title}</title><rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"'
        f' fill="{fill}" stroke="#456"{dashed}/>'
        f'<text x="{x + 8}" y="{y + 21}" font-size="12">{label}</text></g>'
    )

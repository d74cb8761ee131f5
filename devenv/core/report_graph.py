"""The products of a report as a graph, in which each leads to those that it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from devenv.core.components import Component
from devenv.core.picture import picture
from devenv.core.trace import ProductRecord

_FEW = 8
"""Products of a kind that are drawn one by one; more of them are one box with their number."""


def report_graph(products: Sequence[ProductRecord]) -> str:
    """The graph as HTML; empty if no product was made from another."""
    components = graph_components(products)
    if not any(one.needs for one in components):
        return ""
    label = escape("Graph of the products, each to the left of what it was made from")
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f"{picture('Products', components)}</div>"
    )


def graph_components(products: Sequence[ProductRecord]) -> tuple[Component, ...]:
    """A component for each product, or for all of a kind that has many."""
    counts = Counter(one.kind for one in products)
    names = [
        one.kind if counts[one.kind] > _FEW else f"{one.title} {one.key[-8:]}" for one in products
    ]
    return tuple(_component(name, products, names) for name in dict.fromkeys(names))


def _component(name: str, products: Sequence[ProductRecord], names: Sequence[str]) -> Component:
    members = [one for one, its in zip(products, names, strict=True) if its == name]
    needs = dict.fromkeys(
        other
        for member in members
        for number in _needed(member, products)
        if (other := names[number]) != name
    )
    states = Counter(one.state for one in members)
    many = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    note = many if len(members) > 1 else members[0].state
    return Component("product", name, needs=tuple(f"product:{one}" for one in needs), note=note)


def _needed(one: ProductRecord, products: Sequence[ProductRecord]) -> Iterator[int]:
    """The numbers of the products that it records as needed, or that its inputs name."""
    text = "\n".join(word for given in one.inputs for word in (*given.values, given.words))
    for number, other in enumerate(products):
        named = other.key in one.needs or other.key in text or other.place in text
        if other is not one and named:
            yield number

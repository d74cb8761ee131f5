"""What devenv makes and keeps: a product says what it is made from, and how.

Everything that happens to products (find, make, explain, remove) is in `devenv.store`, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from devenv.core.content import digest
from devenv.core.plan import Plan

INPUTS = "inputs.json"
"""Beside every product: what it was made from. Written last: a product without it is not whole."""


@dataclass(frozen=True)
class Input:
    """One thing that goes into a product. words: its value as a person knows it, where it has one."""

    name: str
    digest: str
    words: str = ""

    @property
    def shown(self) -> str:
        return self.words or self.digest[:12]


def value(name: str, words: str) -> Input:
    """An input that is its own text, such as a version."""
    return Input(name, digest(words), words)


@dataclass(frozen=True)
class Inputs:
    """All that decides what a product is. recipe: name and version of how devenv makes it."""

    recipe: str
    items: tuple[Input, ...]

    @property
    def key(self) -> str:
        """32 hexadecimal digits."""
        return digest(self.recipe, *(part for i in self.items for part in (i.name, i.digest)))


@dataclass(frozen=True)
class Staging:
    """Where a product is made. path: the folder to fill. place: where it will stand. log: for output."""

    path: str
    place: str
    log: str


class Product(Protocol):
    """Something that is made once and kept. kind: its folder in the store. title: for people."""

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    def inputs(self) -> Inputs: ...
    def needs(self) -> tuple[Product, ...]:
        """The products that must be there first, and that it refers to."""
        ...

    def plan(self, at: Staging) -> Plan:
        """The steps that fill `at.path`; the store adds the rename."""
        ...


@dataclass(frozen=True)
class Record:
    """inputs.json of a product in the store. needs: the products that it refers to, as KIND/KEY."""

    title: str
    inputs: Inputs
    needs: tuple[str, ...] = ()


def record_text(record: Record) -> str:
    """The text of inputs.json."""
    return json.dumps(asdict(record), indent=1) + "\n"


def parse_record(text: str) -> Record:
    """Read inputs.json. ValueError where the text is not one."""
    try:
        data = json.loads(text)
        items = tuple(Input(**item) for item in data["inputs"]["items"])
        return Record(data["title"], Inputs(data["inputs"]["recipe"], items), tuple(data["needs"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a record of inputs: {error}") from None


def changes(before: Inputs, after: Inputs) -> tuple[str, ...]:
    """Why `after` is another product than `before`, one line each; empty where it is the same."""
    return tuple(_changes(before, after))


def _changes(before: Inputs, after: Inputs) -> Iterator[str]:
    if before.recipe != after.recipe:
        yield f"recipe: {before.recipe} -> {after.recipe}"
    old, new = _by_name(before.items), _by_name(after.items)
    yield from (f"{name}: added ({new[name].shown})" for name in new if name not in old)
    yield from (f"{name}: removed ({old[name].shown})" for name in old if name not in new)
    for name in new:
        if name in old and old[name].digest != new[name].digest:
            yield f"{name}: {old[name].shown} -> {new[name].shown}"
    if list(old) != list(new) and set(old) == set(new):
        yield "the order changed"


def _by_name(items: Sequence[Input]) -> dict[str, Input]:
    return {item.name: item for item in items}

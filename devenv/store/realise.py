"""Makes products: look, lock, look again, stage, rename. There is no other way into the store."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.core.errors import StateError
from devenv.core.layout import Layout
from devenv.core.plan import Rename, Step, Write
from devenv.core.product import INPUTS, Product, Record, Staging, record_text
from devenv.system import files
from devenv.system.executor import execute
from devenv.system.locks import locked


@dataclass(frozen=True)
class Store:
    """The products of one $DEVENV_HOME. upstream: other homes, which are read and never written.

    environ: the variables of the commands that make a product. quiet: no progress.
    """

    layout: Layout
    environ: Mapping[str, str]
    upstream: tuple[Layout, ...] = ()
    quiet: bool = False

    def place(self, product: Product) -> Path:
        """Where it stands, or is to stand: in the first upstream that has it, else in our own home."""
        name = Path(product.kind, product.inputs().key)
        others = (layout.home / name for layout in self.upstream)
        return next((path for path in others if whole(path)), self.layout.home / name)


def whole(path: Path) -> bool:
    """Whether the product at `path` was finished: the record of its inputs is written last."""
    return (path / INPUTS).is_file()


def missing(store: Store, product: Product) -> tuple[Product, ...]:
    """The products that `realise` would make, in that order; empty where it is there."""
    if whole(store.place(product)):
        return ()
    found: dict[Path, Product] = {}
    for need in product.needs():
        found.update((store.place(one), one) for one in missing(store, need))
    return (*found.values(), product)


def realise(store: Store, product: Product) -> Path:
    """Where the product stands; it is made, with all that it needs, where it is not there.

    Killed at any moment, only whole products have their names; the next call goes on with them.
    """
    for one in missing(store, product):
        _make(store, one)
    return store.place(product)


def _make(store: Store, product: Product) -> None:
    place = store.place(product)
    lock = store.layout.lock("-".join((*Path(product.kind).parts, place.name)))
    with locked(lock, f"{product.title} in {place}"):
        if whole(place):
            return
        _clear(place)
        log = store.layout.home / "log" / f"{lock.stem}.log"
        at = Staging(f"{place}.staging-{os.getpid()}", str(place), str(log))
        plan = product.plan(at)
        steps = (*plan.steps, *_finish(store, product, at))
        execute(replace(plan, steps=steps), environ=store.environ, quiet=store.quiet)


def _finish(store: Store, product: Product, at: Staging) -> Sequence[Step]:
    needs = tuple(f"{one.kind}/{store.place(one).name}" for one in product.needs())
    record = record_text(Record(product.title, product.inputs(), needs))
    return (
        Write(f"{at.path}/{INPUTS}", record),
        Rename(at.path, at.place),
    )


def _clear(place: Path) -> None:
    """Remove what a killed process left. What it started may still write there: hence a new name."""
    for old in (*place.parent.glob(f"{place.name}.staging-*"), place):
        with suppress(StateError):
            files.remove(old)

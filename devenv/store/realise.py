"""Products made where no store has them: the one way in which anything comes into a store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.layout import Layout
from devenv.core.plan import Plan, RemovePath, Rename
from devenv.core.product import (
    INPUTS,
    Inputs,
    Product,
    input_lines,
    parse_inputs,
    publish,
    staging_of,
)
from devenv.core.trace import ProductRecord
from devenv.store.carry import ahead, carry_out, explain
from devenv.system import files, seals
from devenv.system.leases import sharing
from devenv.system.locks import locked


def realise(
    context: Context,
    product: Product,
    *,
    stores: Sequence[Layout] = (),
    environ: Callable[[], Mapping[str, str]] | None = None,
    retry: Callable[[Path], Product | None] = lambda _: None,
    then: str = "",
) -> Path:
    """The folder of the product in one of `stores`, else in our own store, where it is made if needed.

    environ: finds the variables of the steps, if it is made. retry: looks at what was staged; where it
    returns a product, that is made instead. then: how a dry run goes on; where it is given, it ends with
    this product.
    Two processes make it once; what a killed one left is removed. A damaged product stays until the new
    one is complete: where that cannot be made, what is left of the old one may still be of use.
    """
    below = Path(product.kind, product.name)
    place = upstream(below, stores) or context.layout.home / below
    record = ProductRecord(
        product.kind, product.title, product.name, str(place), "cached", product.inputs
    )
    context.trace.products.append(record)
    if is_whole(place, context.suspects):
        return place
    if context.dry is not None:
        context.dry.products.append(product)
        attempt = token()
        ahead(context, next(_filling(product, place, attempt)), "")
        ahead(context, _renaming(product, place, attempt), then)
        return place
    lock = context.layout.lock(f"{product.kind}-{product.name}".replace("/", "-"))
    store = context.layout.store_lock
    with sharing(store), locked(lock, f"{product.title} in {place}"):
        if not is_whole(place, context.suspects):
            record.state = "made"
            _make(context, product, place, environ, retry)
    return place


def _make(
    context: Context,
    product: Product,
    place: Path,
    environ: Callable[[], Mapping[str, str]] | None,
    retry: Callable[[Path], Product | None],
) -> None:
    if place.is_dir():
        context.say(f"rebuilding what is damaged: {place}")
    variables = environ() if environ else None
    remove_leftovers([place])
    attempt = token()
    staging = Path(staging_of(str(place), attempt))
    explain(context, (f"{product.title}: {words}" for words in input_lines(product.inputs)))
    with files.all_or_nothing(staging):
        for plan in _filling(product, place, attempt):
            carry_out(context, plan, environ=variables)
        if other := retry(staging):
            files.remove(staging)
            for plan in _filling(other, place, attempt):
                carry_out(context, plan, environ=variables)
        carry_out(context, _renaming(product, place, attempt))


def _filling(product: Product, place: Path, attempt: str) -> Iterator[Plan]:
    """What fills and seals the staging folder. The first plan is known before anything is done."""
    staging, title = staging_of(str(place), attempt), product.title
    *record, _ = publish(staging, str(place), product.inputs, product.marks, product.record)
    if product.finish is None:
        yield Plan(title, (*product.steps(staging), *record))
        return
    yield Plan(title, tuple(product.steps(staging)), product.unknown)
    for steps in product.finish(staging):
        yield Plan(title, tuple(steps))
    yield Plan(title, tuple(record))


def _renaming(product: Product, place: Path, attempt: str) -> Plan:
    """What gives the complete staging folder its place."""
    damaged = (RemovePath(str(place)),) if place.is_dir() else ()
    rename = Rename(staging_of(str(place), attempt), str(place))
    return Plan(product.title, (*damaged, rename))


def token() -> str:
    """Unique for each attempt to make something: what a killed process started may still write to the
    staging folder that it was given."""
    return f"{os.getpid()}-{time.time_ns()}"


def remove_leftovers(places: Iterable[Path]) -> None:
    """Remove the staging folders of killed processes beside these places, whose lock we hold."""
    for place in places:
        for staging in place.parent.glob(staging_of(place.name, "*")):
            with suppress(StateError):  # somebody may still write there: `devenv prune` removes it
                files.remove(staging)


def is_whole(place: Path, suspects: Collection[Path] = ()) -> bool:
    """Whether a product is as it was made; hashes decide where a mark differs, and for `suspects`."""
    doubtful = place in suspects or seals.unmarked(place)
    return place.is_dir() and not (doubtful and seals.damages(place))


def upstream(below: Path, stores: Iterable[Layout]) -> Path | None:
    """The first of others' stores that has this path below its home, and whole; None for none."""
    places = (store.home / below for store in stores)
    return next((place for place in places if is_whole(place)), None)


def discard_damaged(context: Context, places: Iterable[Path]) -> None:
    """Remove those of our own products that are damaged, by every hash, so that they are made again."""
    for place in places:
        own = place.is_relative_to(context.layout.home) and place.is_dir()
        if own and seals.damages(place):
            context.say(f"rebuilding what is damaged: {place}")
            files.remove(place)


def recorded_inputs(place: Path) -> Inputs | None:
    """What a product was made from; None where that is not recorded, as by an earlier devenv."""
    with suppress(OSError, ValueError):
        return parse_inputs((place / INPUTS).read_text(encoding="utf-8"))
    return None

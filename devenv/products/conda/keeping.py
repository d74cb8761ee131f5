"""Builds cells, keeps them in the store, and publishes them to a channel."""

from __future__ import annotations

from pathlib import Path

from devenv.config.context import Context
from devenv.core.product import Input, Product
from devenv.products.conda import engine
from devenv.products.conda.cells import CondaCell
from devenv.products.conda.channel import ChannelRecord, closure_digest
from devenv.products.conda.indexing import index_channel
from devenv.products.conda.inspection import keep_inspected
from devenv.products.conda.making import ANSWER, PACKAGES, Order, key_of, steps
from devenv.products.conda.observe import tree_digest
from devenv.products.conda.publishing import folder_of, publish, read_index
from devenv.products.conda.silence import silence_reported
from devenv.store.realise import realise
from devenv.system.files import digest as file_digest


def _records(order: Order) -> list[ChannelRecord]:
    folders = filter(None, map(folder_of, order.channels))
    return [record for folder in folders for record in read_index(folder)]


def build_cell(
    context: Context, cell: CondaCell, order: Order, channel: Path
) -> list[tuple[str, str, str]]:
    """Build a cell's packages unless they are in the store, and publish them. Returns (title, path,
    state) of each. The caller holds the channel's lock.
    """
    folder = Path(cell.path).parent
    entries = sorted(
        p.name for p in folder.iterdir() if not p.name.startswith(".") and p.resolve() != channel
    )
    local = {str(folder / one) for output in cell.outputs for one in output.sources}
    paths = [str(folder / one) for one in entries] + sorted(local)
    hashed = {path: tree_digest(Path(path)) for path in paths}
    key = key_of(cell, order, hashed, closure_digest(cell.needs, _records(order)))
    log = context.layout.home / "conda" / "logs" / f"{key[:12]}.log"
    product = Product(
        "conda/cells",
        key,
        cell.title,
        tuple(Input(path, (collected,), path) for path, collected in hashed.items()),
        lambda staging: steps(cell, order, entries, staging, log),
        marks=None,
    )
    fresh = not context.layout.product(product.kind, key).is_dir()
    with silence_reported():
        kept = realise(context, product)
    changed = [publish(kept / PACKAGES / o.place, channel / o.place) for o in cell.outputs]
    if any(changed):
        packages = engine.answer_of(kept / ANSWER)["packages"]
        keep_inspected(channel, packages, context.layout.home / "conda")
    if any(changed) or not _listed(cell, channel):
        index_channel(context, channel, force=True, built=kept / PACKAGES)
    state = "built and tested" if fresh else "published" if any(changed) else "unchanged"
    return [(cell.title, output.place, state) for output in cell.outputs]


def _listed(cell: CondaCell, channel: Path) -> bool:
    """Whether the index lists the cell's current packages: a process may have ended before that."""
    records = {record.place: record for record in read_index(channel)}
    return all(
        output.place in records
        and records[output.place].size == (channel / output.place).stat().st_size
        and records[output.place].sha256 == file_digest(channel / output.place)
        for output in cell.outputs
    )

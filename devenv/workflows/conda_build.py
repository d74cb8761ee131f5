"""devenv conda build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.core.result import Result, Table
from devenv.places.modules import observe, with_environ
from devenv.products.conda import engine
from devenv.products.conda.cells import CondaCell, in_order, without_repeats, words
from devenv.products.conda.indexing import index_channel
from devenv.products.conda.keeping import build_cell
from devenv.products.conda.making import Order
from devenv.products.conda.observe import host_of, recipe_of
from devenv.products.conda.publishing import address, prepare
from devenv.products.conda.rendering import cells_of
from devenv.products.conda.variants import overrides
from devenv.system.locks import locked
from devenv.workflows.conda_convert import findings


@dataclass(frozen=True)
class CondaBuildRequest:
    """What was typed. variants: KEY=VALUES. configs: variant configurations. output: the channel.

    base: modules:NAME,NAME, loaded before recipes are rendered and built.
    """

    recipes: tuple[Path, ...]
    variants: tuple[str, ...] = ()
    configs: tuple[Path, ...] = ()
    channels: tuple[str, ...] = ()
    output: Path = Path("output")
    priority: str = "strict"
    base: str = ""
    compression: int = 9


def build(context: Context, request: CondaBuildRequest, *, dry_run: bool = False) -> Result:
    """Build what changed, in the order of needs, into the channel; what was done for each variant.

    dry_run: show the variants, and the notes on the recipes.
    """
    engine.require()
    if request.base:
        context = with_environ(context, observe(context.environ, request.base)[1])
    channel = (context.cwd / request.output).resolve()
    cells, repeats = _cells(context, request)
    if dry_run:
        return _shown(cells, repeats)
    _refuse_unknown(cells)
    rows = [(cell.title, "", f"skipped: {cell.skipped}") for cell in cells if cell.skipped]
    lock = context.layout.lock(f"conda-channel-{digest(str(channel))}")
    with locked(lock, f"channel {channel}"):
        order = _order(context, request, channel)
        prepare(channel, order.platform)
        index_channel(context, channel)
        for cell in cells:
            if not cell.skipped:
                rows += build_cell(context, cell, order, channel)
    data = {
        "packages": [{"what": a, "file": b, "state": c} for a, b, c in rows],
        "channel": str(channel),
    }
    return Result(
        (*repeats, f"channel: {channel}"),
        Table(("recipe", "package", "state"), tuple(rows)),
        data=data,
    )


def _cells(context: Context, request: CondaBuildRequest) -> tuple[list[CondaCell], tuple[str, ...]]:
    host, chosen = host_of(context.environ), overrides(request.variants)
    configs = [context.cwd / one for one in request.configs]
    sources = [recipe_of(context.cwd / one, context.cwd, configs) for one in request.recipes]
    cells = cells_of(sources, host, chosen, context.layout.home / "conda" / "rendered")
    kept, repeats = without_repeats(cells)
    return in_order(kept), tuple(repeats)


def _shown(cells: Sequence[CondaCell], repeats: tuple[str, ...]) -> Result:
    rows = []
    for cell in cells:
        for output in cell.outputs:
            rows.append((output.name, output.version, output.build, words(cell.variant), "build"))
        if not cell.outputs:
            name = str((cell.recipe or {}).get("package", {}).get("name", cell.path))
            rows.append((name, "", "", words(cell.variant), f"skip: {cell.skipped}"))
    header = ("package", "version", "build", "variant", "")
    notes = tuple(dict.fromkeys(one for cell in cells for one in findings(cell.path, cell.notes)))
    data = {
        "packages": [
            dict(zip(("name", "version", "build", "variant", "state"), r, strict=True))
            for r in rows
        ]
    }
    code = 1 if any(one.severity == "error" for one in notes) else 0
    return Result(repeats, Table(header, tuple(rows)), notes, data, code)


def _refuse_unknown(cells: Iterable[CondaCell]) -> None:
    unknown = dict.fromkeys(
        f"{cell.path}, line {note.line}: {note.text}"
        for cell in cells
        for note in cell.notes
        if note.kind == "unknown" and not cell.skipped
    )
    if unknown:
        raise UsageError(
            "\n  ".join(["not everything in the recipes is understood:", *unknown]),
            fix="Remove these entries, or write a recipe.yaml: devenv conda convert RECIPE",
        )


def _order(context: Context, request: CondaBuildRequest, channel: Path) -> Order:
    others = (address(one, context.cwd) for one in request.channels)
    channels = tuple(dict.fromkeys((channel.as_uri(), *others)))
    return Order(
        host_of({}).platform, channels, request.priority, request.compression, request.base
    )

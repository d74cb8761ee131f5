"""Renders recipes to cells, by devenv itself (meta.yaml) or by the library (recipe.yaml)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.products.conda import engine
from devenv.products.conda.cells import CondaCell, Output
from devenv.products.conda.meta import configuration_of, render_all
from devenv.products.conda.recipe import Host, RecipeSource, Rendered
from devenv.products.conda.variants import VariantConfiguration, used_keys
from devenv.system.files import temporary_folder, write_text

Data = dict[str, Any]
_BUILD = re.compile(r"[A-Za-z0-9_.+]+")


def cells_of(
    sources: Sequence[RecipeSource], host: Host, chosen: VariantConfiguration, cache: Path
) -> list[CondaCell]:
    """Every recipe in every variant, with its outputs. UsageError if one cannot be rendered.

    cache: a folder of answers, so that an unchanged recipe starts no process.
    """
    cells = [pair for source in sources for pair in _unresolved(source, host, chosen)]
    requests = [_request(cell, variants) for cell, variants in cells if not cell.skipped]
    answers = iter(_rendered(requests, host, cache))
    result: list[CondaCell] = []
    for cell, _ in cells:
        result += [cell] if cell.skipped else _resolved(cell, next(answers))
    return result


def _unresolved(
    source: RecipeSource, host: Host, chosen: VariantConfiguration
) -> list[tuple[CondaCell, Data]]:
    """Each variant of a meta.yaml, or a recipe.yaml as a whole, with the values to render it with."""
    if source.legacy:
        rendered = render_all(source, host, chosen)
        return [(_cell(source, one), one_variant(one.variant)) for one in rendered]
    configuration = configuration_of(source, host, chosen)
    keys = used_keys(source.text, configuration)
    zips = [list(z) for z in configuration.zips if set(z) <= keys]
    values = {key: list(configuration.values[key]) for key in sorted(keys)}
    return [
        (CondaCell(source.path, {}, notes=configuration.notes), {"variants": values, "zips": zips})
    ]


def _cell(source: RecipeSource, one: Rendered) -> CondaCell:
    return CondaCell(source.path, one.variant, (), one.recipe, one.notes, one.skipped)


def one_variant(variant: Mapping[str, str]) -> Data:
    """The values to render one variant with."""
    return {"variants": {key: [value] for key, value in variant.items()}, "zips": []}


def _request(cell: CondaCell, variants: Data) -> Data:
    return {"recipe": cell.recipe, "path": cell.path, **variants}


def _rendered(requests: Sequence[Data], host: Host, cache: Path) -> list[list[Data]]:
    """The answer to each request: from the cache, or else all from one process."""
    places = [cache / f"{_key(one, host)}.json" for one in requests]
    missing = [
        (one, place) for one, place in zip(requests, places, strict=True) if not place.is_file()
    ]
    if missing:
        engine.require()
        with temporary_folder(cache) as scratch:
            for number, (one, _) in enumerate(missing):
                one["folder"] = str(scratch / f"recipe-{number}")
            request = {"cells": [one for one, _ in missing], "platform": host.platform}
            answer = engine.ask("render", request, scratch, host.environ)
        for (one, place), outputs in zip(missing, answer["cells"], strict=True):
            _check(one, outputs)
            write_text(place, json.dumps({"outputs": outputs}))
    return [engine.answer_of(place)["outputs"] for place in places]


def _check(request: Data, outputs: Sequence[Data]) -> None:
    error = next((one["error"] for one in outputs if "error" in one), None)
    if error:
        raise UsageError(f"{request['path']}: {error}", fix="Correct the recipe.")
    # It becomes part of a file name, and the library does not check it.
    odd = next((one["build"] for one in outputs if not _BUILD.fullmatch(one["build"])), None)
    if odd is not None:
        raise UsageError(
            f"{request['path']}: invalid build string: {odd!r}",
            fix="Use letters, digits, '_', '.' and '+' only.",
        )


def _key(request: Mapping[str, Any], host: Host) -> str:
    text = "" if request["recipe"] else Path(request["path"]).read_text(encoding="utf-8")
    data = json.dumps({k: v for k, v in request.items() if k != "folder"}, sort_keys=True)
    return digest(engine.versions(), host.platform, text, data)


def _resolved(cell: CondaCell, answer: Sequence[Mapping[str, Any]]) -> list[CondaCell]:
    """The cell with its outputs; a recipe.yaml becomes one cell for each variant."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in answer:
        groups.setdefault(json.dumps(one["variant"], sort_keys=True), []).append(one)
    if cell.recipe is not None:
        groups = {"": list(answer)}
    result = []
    for outputs in groups.values():
        variant = cell.variant if cell.recipe is not None else outputs[0]["variant"]
        conditions = [one["skip"] for one in outputs]
        skipped = f"build/skip [{conditions[0]}]" if all(conditions) else ""
        made = tuple(_output(one) for one in outputs if not one["skip"])
        result.append(replace(cell, variant=variant, outputs=made, skipped=skipped))
    return result


def _output(one: Mapping[str, Any]) -> Output:
    return Output(
        one["name"],
        one["version"],
        one["build"],
        one["subdir"],
        {key: tuple(specs) for key, specs in one["requirements"].items()},
        tuple(one["sources"]),
    )

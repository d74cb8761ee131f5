"""Copies models that Spack built from dev sources into the model store.

Spack overwrites such a model in place, but the model of a generation must not change. So the generation
uses an immutable copy, stored under the key of its content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.delta import Edit, EnvironmentDelta, Prepend, Set
from devenv.core.layout import Layout
from devenv.core.plan import Link, Relocate, Step, Write
from devenv.core.product import INPUTS, Input, Product
from devenv.engines.spack.lockfile import ConcreteSpec
from devenv.engines.spack.running import RunVariables
from devenv.models.work import MARKS
from devenv.store.realise import realise
from devenv.system import files, seals
from devenv.system.relocation import content_key

SPACKS = (".spack",)
"""Spack's metadata in the prefix of a package, which is not part of the model."""

_MARKS = (*MARKS, "bin/special")
_NOT_SOURCES = ("bin", "lib", "model.json", INPUTS, seals.SEAL)
"""Files of a model built by devenv that are also in the prefix, or belong to that model alone."""

STAMP = Path("share", "devenv", "model.json")
"""Where `devenv.models.prefix` writes the stamp of a model that it built."""


def keep(context: Context, node: ConcreteSpec, prefix: Path) -> Path:
    """The path of the model's copy in the store, which is made if it is missing."""
    key = content_key(prefix, SPACKS)
    place = context.layout.model(key)
    made = _stamp_of(prefix)

    def steps(staging: str) -> tuple[Step, ...]:
        copy = Relocate(str(prefix), staging, str(place), SPACKS)
        stamp = Write(f"{staging}/model.json", _stamp(node, made, key))
        return (copy, *_sources(context.layout, made, prefix, staging, place), stamp)

    inputs = (
        Input("content", (key,), str(prefix)),
        Input("package", (f"{node.name}/{node.hash}",)),
    )
    product = Product("models", key, f"the model {key[:12]}", inputs, steps, _MARKS)
    return realise(context, product)


def _sources(
    layout: Layout, made: dict[str, Any], prefix: Path, staging: str, place: Path
) -> tuple[Step, ...]:
    """Steps for the MOD files: with translations if devenv built the model, else a link to the files."""
    if "key" in made and layout.model(made["key"]).is_dir():
        own = str(layout.model(made["key"]))
        return (Relocate(own, staging, str(place), _NOT_SOURCES),)
    mods = sorted(prefix.glob("share/*/mod"))
    return (Link(f"{staging}/mod", str(mods[0].relative_to(prefix))),) if len(mods) == 1 else ()


def renamed(own: RunVariables, prefix: Path, copy: Path, view: Path) -> dict[tuple[str, str], str]:
    """(variable, path in the view) -> the same path in the copy of the model.

    own: variables of its recipe and its dependencies, with paths of their prefixes.
    """
    scalars = [(name, value) for name, value in own.scalars.items()]
    lists = [(name, value) for name, values in own.lists.items() for value in values]
    below = (
        (n, value[len(str(prefix)) :]) for n, value in (*scalars, *lists) if _is_in(value, prefix)
    )
    return {(name, f"{view}{rest}"): f"{copy}{rest}" for name, rest in below}


def at_copy(
    engine_delta: EnvironmentDelta, paths: Mapping[tuple[str, str], str]
) -> EnvironmentDelta:
    """`engine_delta` with paths in the copy of a model instead of the view. In lists, the path in the
    view is kept after it, since the view also contains other packages. paths: from `renamed`.
    """
    return EnvironmentDelta(tuple(e for edit in engine_delta.edits for e in _at_copy(edit, paths)))


def _is_in(path: str, folder: Path) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def _at_copy(edit: Edit, paths: Mapping[tuple[str, str], str]) -> Iterator[Edit]:
    if not isinstance(edit, (Set, Prepend)) or (edit.name, edit.value) not in paths:
        yield edit
        return
    if isinstance(edit, Prepend):
        yield edit
    yield replace(edit, value=paths[edit.name, edit.value])


def _stamp(node: ConcreteSpec, made: dict[str, Any], key: str) -> str:
    spack = {"package": f"{node.name}@{node.version}", "hash": node.hash, "model": made.get("key")}
    return json.dumps({**made, "key": key, "spack": spack}, indent=2) + "\n"


def _stamp_of(prefix: Path) -> dict[str, Any]:
    """The stamp of a model that the recipe built with devenv; else one made from its files."""
    path = prefix / STAMP
    if path.is_file():
        stamp: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return stamp
    return {
        "neuron": {"version": "", "identity": "", "home": ""},
        "python": "",
        "coreneuron": (prefix / "lib" / "libcorenrnmech.so").exists(),
        "compiler": "",
        "flags": [],
        "link": [],
        "nmodl": [],
        "mpi": "",
        "mechanisms": list(_mechanisms(prefix)),
        "objects": [],
    }


def _mechanisms(prefix: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(prefix.glob("share/*/mod/*.mod")):
        yield {
            "name": path.stem,
            "digest": files.digest(path)[:32],
            "object": "",
            "origin": "Spack",
            "flags": [],
            "path": str(path),
        }

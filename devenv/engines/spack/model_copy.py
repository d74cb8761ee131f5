"""The copy of a model that Spack built from dev sources, in the store of all models.

Spack overwrites such a model in place, and a generation's model must stay what it is: so the generation
has a copy, under the key of its content, which nothing changes.
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
"""What Spack notes of a package, in its prefix: no part of the model."""

_MARKS = (*MARKS, "bin/special")
_NOT_SOURCES = ("bin", "lib", "model.json", INPUTS, seals.SEAL)
"""What of a model of devenv's own the prefix has as well, or is that model's alone."""

STAMP = Path("share", "devenv", "model.json")
"""Where `devenv.models.prefix` leaves the stamp of the model that it built."""


def keep(context: Context, node: ConcreteSpec, prefix: Path) -> Path:
    """The model's place in the store; the copy is made where it is missing."""
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
    """The mods with their translations, as devenv's own build has them; else the mods that there are."""
    if "key" in made and layout.model(made["key"]).is_dir():
        own = str(layout.model(made["key"]))
        return (Relocate(own, staging, str(place), _NOT_SOURCES),)
    mods = sorted(prefix.glob("share/*/mod"))
    return (Link(f"{staging}/mod", str(mods[0].relative_to(prefix))),) if len(mods) == 1 else ()


def renamed(own: RunVariables, prefix: Path, copy: Path, view: Path) -> dict[tuple[str, str], str]:
    """Variable and entry, as the view has it -> the same in the copy of the model.

    own: what its recipe sets and all that it needs, by the paths of their prefixes.
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
    """What Spack's packages bring, with the copy of a model in place of its prefix, which the view leads
    to; in a list in front of the view, which has others' files as well. paths: as `renamed`.
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
    """The stamp of devenv's own build where the recipe called it, else what the files tell."""
    path = prefix / STAMP
    if path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
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

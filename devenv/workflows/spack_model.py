"""The compiled model as a Spack recipe installed it, described like one that devenv compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from devenv.core.environment import BuiltModel
from devenv.core.template import Folder, Template
from devenv.engines.spack.lockfile import Node, SpackLock
from devenv.workflows.places import Place
from devenv.workflows.stale import inputs_of

_NOT_MODELS = ("neuron",)
"""NEURON's own special has no mechanisms but NEURON's."""


def of_sources(template: Template, developed: frozenset[str]) -> Template:
    """The template with those folders of its model that are live: of dev sources.

    What is installed stands in the model's own folders, as its recipe says.
    """
    model = template.model
    if model is None:
        return template

    def kept(folders: tuple[Folder, ...]) -> tuple[Folder, ...]:
        return tuple(folder for folder in folders if folder.package in developed)

    return replace(template, model=replace(model, mods=kept(model.mods), hoc=kept(model.hoc)))


def model_of(
    lock: SpackLock, prefixes: Mapping[str, str], places: tuple[Place, ...]
) -> BuiltModel | None:
    """The first package for running that brings a special; None where none does.

    places: the folders of dev sources with mods, by whose content it is told to be stale.
    """
    found = ((node, Path(prefixes.get(node.hash, node.external))) for node in lock.running())
    models = ((n, p) for n, p in found if n.name not in _NOT_MODELS and _is_model(p))
    return next((_described(node, prefix, places) for node, prefix in models), None)


def _is_model(prefix: Path) -> bool:
    return str(prefix) not in (".", "/usr") and (prefix / "bin" / "special").is_file()


def _described(node: Node, prefix: Path, places: tuple[Place, ...]) -> BuiltModel:
    folders = tuple(place.path for place in places if Path(place.path).is_dir())
    mods = sorted(path.stem for path in prefix.glob("share/*/mod/*.mod"))
    return BuiltModel(
        key=node.hash,
        path=str(prefix),
        special=_there(prefix / "bin" / "special.nrn") or str(prefix / "bin" / "special"),
        library=_there(prefix / "lib" / "libnrnmech.so"),
        mechanisms=tuple(mods),
        folders=folders,
        inputs=inputs_of(folders),
        core_library=_there(prefix / "lib" / "libcorenrnmech.so"),
        special_core=_there(prefix / "bin" / "special-core"),
        variants=node.variants,
    )


def _there(path: Path) -> str:
    return str(path) if path.exists() else ""

"""Describes a compiled model that a Spack recipe installed in the form of one that devenv compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from devenv.core.environment import BuiltModel
from devenv.core.template import Folder, Template
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.observe import SpackRequest
from devenv.sources.folders import BROUGHT, ModelsRepository, places, roots_of

_NOT_MODELS = ("neuron",)
"""Packages with a special that is not a model: NEURON's has only NEURON's mechanisms."""


def of_sources(template: Template, developed: frozenset[str], mods: Sequence[str]) -> Template:
    """The template with only the live folders of its model: those in dev sources.

    Everything else is installed in the model's own folders. mods: absolute folders of its mechanisms,
    which tests that compile their own model start with.
    """
    model = template.model
    if model is None:
        return template

    def kept(folders: tuple[Folder, ...]) -> tuple[Folder, ...]:
        return tuple(folder for folder in folders if folder.package in developed)

    installed = tuple(Folder(BROUGHT, path) for path in mods)
    live = replace(model, mods=(*kept(model.mods), *installed), hoc=kept(model.hoc))
    return replace(template, model=live)


def live_mods(request: SpackRequest) -> tuple[str, ...]:
    """The folders of MOD files of the model that are in dev sources."""
    roots = live_roots(request)
    model = of_sources(request.template, frozenset(roots), ()).model
    if model is None:
        return ()
    known = roots_of(roots, Path("/nonexistent"), None, request.packages)
    live = places(model.mods, request.variants, known, request.packages, "mods")
    return tuple(place.path for place in live if Path(place.path).is_dir())


def ignored_mods(request: SpackRequest, lock: SpackLock) -> ModelsRepository | None:
    """The dev source whose MOD files the model does not contain, and why; None if there is none.

    If Spack does not build a package from its dev source, the model is built from Spack's own copy.
    """
    built, live = {node.dev for node in lock.nodes.values()}, live_mods(request)
    for source in request.environment.develop:
        own = any(Path(one).is_relative_to(source.path) for one in live)
        if own and source.path not in built:
            why = (
                "Spack builds the model from its own copy, since the recipe does not define"
                " detect_dev_src_change"
            )
            return ModelsRepository(source.package, missing=why)
    return None


def live_roots(request: SpackRequest) -> dict[str, str]:
    """Package -> the folder of its dev source from which its MOD and HOC files are found."""
    models = {s.package: s.path for s in request.environment.develop if s.kind == "model"}
    return {**{s.package: s.root for s in request.layers}, **models}


def installed_mods(model: Path | None) -> tuple[str, ...]:
    """The folders with the MOD files of a model that Spack installed."""
    return tuple(map(str, sorted(model.glob("share/*/mod")))) if model else ()


def model_prefix(lock: SpackLock, prefixes: Mapping[str, str]) -> tuple[ConcreteSpec, Path] | None:
    """The first runtime package that contains a special, and its prefix; None if there is none."""
    nodes = ((node, Path(prefixes.get(node.hash, node.external))) for node in lock.running())
    return next(((n, p) for n, p in nodes if n.name not in _NOT_MODELS and _is_model(p)), None)


def model_of(
    node: ConcreteSpec, prefix: Path, key: str, folders: Sequence[str], inputs: str
) -> BuiltModel:
    """The model as a generation records it.

    folders: those of dev sources with MOD files; the model is stale if their content changes. inputs:
    the digest of that content.
    """
    mods = sorted(path.stem for path in prefix.glob("share/*/mod/*.mod"))
    return BuiltModel(
        key=key,
        path=str(prefix),
        special=_existing_path(prefix / "bin" / "special.nrn") or str(prefix / "bin" / "special"),
        library=_existing_path(prefix / "lib" / "libnrnmech.so"),
        mechanisms=tuple(mods),
        folders=tuple(folders),
        inputs=inputs,
        core_library=_existing_path(prefix / "lib" / "libcorenrnmech.so"),
        special_core=_existing_path(prefix / "bin" / "special-core"),
        variants=node.variants,
    )


def _is_model(prefix: Path) -> bool:
    return str(prefix) not in (".", "/usr") and (prefix / "bin" / "special").is_file()


def _existing_path(path: Path) -> str:
    return str(path) if path.exists() else ""

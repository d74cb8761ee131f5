"""What a generation is made of, as its lock and the stamps of its models say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.build_variants import BUILD_VARIANTS
from devenv.core.components import Component
from devenv.core.engines import facts_of
from devenv.core.environment import BuiltModel, Lock
from devenv.core.names import normalise_name
from devenv.core.quantity import quantity
from devenv.core.requirements import distributions
from devenv.core.spec import parse_variants
from devenv.environment.history import GenerationRecord
from devenv.models.stamp_file import stamp_of


@dataclass(frozen=True)
class Contents:
    """What a generation is made of. notes: what is no longer known, in words."""

    components: tuple[Component, ...]
    notes: tuple[str, ...] = ()


def contents(one: GenerationRecord, own: Contents) -> Contents:
    """All that the locks of a generation, and of its models, name. own: what its engine's lock names."""
    modules = (Component("base", module) for module in one.generation.base.modules)
    found = [*lock_components(one.lock), *modules, *own.components]
    notes = list(own.notes)
    for name, variants, model in _models(one):
        path = Path(model.path) if model else None
        # A model that Spack made has no stamp: what it was made of stands in spack.lock.
        stamp = stamp_of(path) if path and (path / "model.json").is_file() else None
        if path and not path.is_dir():
            notes.append(
                f"The model {name} of generation {one.number} is not in the store any more:"
                " its mods cannot be compared."
            )
        key = model.key if model else ""
        found.append(model_component(name, variants, key, stamp, neuron_of(one.lock)))
        found += stamp_components(stamp) if stamp else ()
    unique = {component.id: component for component in found}
    return Contents(tuple(unique.values()), tuple(notes))


def _models(one: GenerationRecord) -> Iterator[tuple[str, str, BuiltModel | None]]:
    """The models with their variants: in full where they are built, else as they were requested."""
    environment, model = one.lock.environment, one.generation.model
    # One that the engine installed is a package like the others, unless it is kept in the store.
    stored = bool(model and Path(model.path, "model.json").is_file())
    ours = facts_of(one.generation.engine).compiles_models or environment.mods or stored
    if ours and (one.generation.wants_model or model):
        variants = model.variants if model else environment.variants
        yield Path(environment.template).stem or environment.name, variants, model
    for further in one.generation.further:
        yield further.name, further.model.variants, further.model


def lock_components(lock: Lock) -> tuple[Component, ...]:
    """All that lock.json names but for the model and the base, in the order in which people ask."""
    environment = lock.environment
    models = environment.models or "the template's"
    repository = Component("repository", "", lock.repository[:10], place=models)
    # The environment's own packages stand in front of those that NEURON brings along.
    pins = {**dict(_pins(lock.neuron)), **dict(_pins(lock.packages))}
    return (
        *((Component("template", "", environment.template),) if environment.template else ()),
        Component("engine", "", environment.engine),
        Component("python", "", lock.python, place=lock.interpreter),
        *((repository,) if lock.repository else ()),
        *_sources(lock),
        *(pins[name] for name in sorted(pins)),
    )


def _sources(lock: Lock) -> Iterator[Component]:
    for one in lock.sources:
        yield Component(
            "source",
            one.package,
            one.commit[:10],
            hash=one.built,
            place=one.path,
            changed=bool(one.commit) and not one.clean,
        )


def _pins(lines: tuple[str, ...]) -> Iterator[tuple[str, Component]]:
    """The packages of a requirements file with hashes, each by its normalised name."""
    blocks: list[list[str]] = []
    for line in lines:
        if not line[:1].isspace() and distributions((line,)):
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    for block in blocks:
        name, _, version = distributions(block[:1])[0].partition("==")
        name = normalise_name(name.split("[")[0].split("@")[0].strip())
        digest = hashlib.sha256(json.dumps(sorted(map(str.strip, block))).encode()).hexdigest()
        yield name, Component("package", name, version, hash=digest[:20])


def neuron_of(lock: Lock) -> str:
    """The name of the distribution that NEURON comes in: neuron, neuron-nightly ..."""
    names = sorted(name for name, _ in _pins(lock.neuron) if name.startswith("neuron"))
    return names[0] if names else "neuron"


def model_component(
    name: str, variants: str, key: str, stamp: Mapping[str, Any] | None, neuron: str = "neuron"
) -> Component:
    """A model. variants: as people write them. key: empty where it is not built.

    stamp: its model.json; None where that does not exist any more. neuron: NEURON's distribution.
    """
    found = sorted(parse_variants(variants).items())
    # How nearly every model is built says nothing.
    usual = {(variant, one.default) for variant, one in BUILD_VARIANTS.items()}
    values = tuple(one for one in found if one not in usual)
    if stamp is None:
        return Component("model", name, variants=values, hash=key)
    mods = stamp["mechanisms"]
    needs = tuple(f"mod:{one['name']}" for one in mods)
    return Component(
        *("model", name),
        variants=values,
        hash=key,
        needs=(*needs, f"package:{neuron}", "compiler:"),
        note=f"({quantity(mods, 'mechanism')})",
    )


def stamp_components(stamp: Mapping[str, Any]) -> tuple[Component, ...]:
    """What a model's model.json names: the compiler with its flags, and the mods."""
    flags = json.dumps([stamp["flags"], stamp["link"]])
    compiler = Component("compiler", "", stamp["compiler"], hash=flags)
    mods = (
        Component("mod", one["name"], hash=f"{one['digest']} {' '.join(one['flags'])}")
        for one in stamp["mechanisms"]
    )
    return (compiler, *mods)

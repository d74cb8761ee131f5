"""What an engine's lock says that an environment is made of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from devenv.core.build_variants import BUILD_VARIANTS
from devenv.core.components import Component
from devenv.core.environment import Lock
from devenv.core.names import normalised
from devenv.core.requirements import distributions
from devenv.core.spec import Value, parse_variants
from devenv.engines.spack.lockfile import Node, SpackLock, read_spack_lock

_COMMIT = re.compile("[0-9a-f]{40}")

_FLAGS = ("cflags", "cxxflags", "cppflags", "fflags", "ldflags", "ldlibs")
_HIDDEN = frozenset(("build_system", "dev_path", "generator", "ipo", "patches", *_FLAGS))
"""Parameters of a Spack spec that nobody chose as a variant."""


def lock_components(lock: Lock) -> tuple[Component, ...]:
    """All that lock.json names but for the model and the base, in the order in which people ask."""
    environment = lock.environment
    models = environment.models or "the template's"
    repository = Component("repository", "", lock.repository[:10], place=models)
    # The environment's own packages stand in front of those that NEURON brings along.
    pins = {**dict(_pins(lock.neuron)), **dict(_pins(lock.packages))}
    return (
        Component("template", "", environment.template),
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
        name = normalised(name.split("[")[0].split("@")[0].strip())
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

    stamp: its model.json; None where that is not there any more. neuron: NEURON's distribution.
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
        note=f"({len(mods)} mechanisms)",
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


def spack_components(text: str, where: str) -> tuple[Component, ...]:
    """What is there to run, of a spack.lock: the roots and what they link to or run.

    StateError where it is damaged.
    """
    lock = read_spack_lock(text, where)
    # The first of a name is the one nearest to what was asked for; others are there to be linked.
    by_name = {node.name: node for node in reversed(lock.running())}
    return tuple(_package(lock, by_name[name]) for name in sorted(by_name))


def _package(lock: SpackLock, node: Node) -> Component:
    variants = ((n, _value(v)) for n, v in node.parameters.items() if n not in _HIDDEN)
    return Component(
        "package",
        node.name,
        node.version,
        tuple(sorted(variants)),
        node.hash,
        node.dev or node.external,
        needs=tuple(f"package:{need.name}" for need in lock.needed(node)),
        note="(the machine's own)" if node.external else "(developed)" if node.dev else "",
    )


def _value(text: str) -> Value:
    if text in ("True", "False"):
        return text == "True"
    return text[:10] if _COMMIT.fullmatch(text) else text

"""The components of an environment, read from its spack.lock."""

from __future__ import annotations

import re

from devenv.config.context import read_text
from devenv.core.components import Component
from devenv.core.layout import GenerationLayout
from devenv.core.spec import Value
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock, read_spack_lock
from devenv.environment.contents import Contents

_COMMIT = re.compile("[0-9a-f]{40}")

_FLAGS = ("cflags", "cxxflags", "cppflags", "fflags", "ldflags", "ldlibs")
_HIDDEN = frozenset(("build_system", "dev_path", "generator", "ipo", "patches", *_FLAGS))
"""Parameters of a Spack spec that are not variants chosen by a user."""


def contents_of(folder: GenerationLayout) -> Contents:
    """What Spack installed for the generation in `folder`, which contains a copy of its lock."""
    path = folder.root / "spack.lock"
    if not path.is_file():
        number = folder.root.name
        return Contents(
            (), (f"Generation {number} was not built: what Spack chooses is not known.",)
        )
    return Contents(spack_components(read_text(path, "`devenv build` restores it."), str(path)))


def spack_components(text: str, where: str) -> tuple[Component, ...]:
    """The runtime packages of a spack.lock: the roots and their link and run dependencies.

    StateError if it is damaged.
    """
    lock = read_spack_lock(text, where)
    # Of several packages with one name, the first is the nearest to the roots.
    by_name = {node.name: node for node in reversed(lock.running())}
    return tuple(_package(lock, by_name[name]) for name in sorted(by_name))


def _package(lock: SpackLock, node: ConcreteSpec) -> Component:
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

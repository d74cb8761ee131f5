"""Reads spack.lock, format versions 4 to 7."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.errors import StateError


@dataclass(frozen=True)
class ConcreteSpec:
    """A concrete package. parameters: its variants. dev: the dev source that it is built from, or empty.

    external: the prefix of an external, or empty. needs: hash of a dependency -> its types ("build",
    "link", "run").
    """

    name: str
    version: str
    hash: str
    parameters: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]]
    external: str = ""
    dev: str = ""
    namespace: str = ""

    @property
    def runs(self) -> tuple[str, ...]:
        """The hashes of its link and run dependencies."""
        return tuple(h for h, how in self.needs.items() if {"link", "run"} & set(how))

    @property
    def variants(self) -> str:
        """The variants in Spack's syntax, without those of the build system."""
        hidden = {"build_system", "build_type", "generator", "dev_path", "ipo", "patches"}
        flags = {"cflags", "cxxflags", "cppflags", "fflags", "ldflags", "ldlibs"}
        shown = {n: v for n, v in sorted(self.parameters.items()) if n not in hidden | flags}
        on = [("+" if v == "True" else "~") + n for n, v in shown.items() if v in ("True", "False")]
        valued = [f"{n}={v}" for n, v in shown.items() if v not in ("True", "False")]
        return " ".join(filter(None, ["".join(on), *valued]))


@dataclass(frozen=True)
class SpackLock:
    """A spack.lock. nodes: by hash. roots: (requested spec, hash), in order."""

    nodes: Mapping[str, ConcreteSpec]
    roots: tuple[tuple[str, str], ...]

    def named(self, name: str) -> ConcreteSpec | None:
        """The package of that name, preferably a runtime one: a build tool may occur twice."""
        running = {node.hash for node in self.running()}
        all_ = [node for node in self.nodes.values() if node.name == name]
        return next((n for n in all_ if n.hash in running), all_[0] if all_ else None)

    def running(self) -> tuple[ConcreteSpec, ...]:
        """The roots and their link and run dependencies, each once, dependents first."""
        seen: dict[str, ConcreteSpec] = {}
        queue = [hash_ for _, hash_ in self.roots]
        while queue:
            hash_ = queue.pop(0)
            if hash_ in seen:
                continue
            node = seen[hash_] = self.nodes[hash_]
            queue += [need.hash for need in self.needed(node)]
        return tuple(seen.values())

    def repeated(self) -> tuple[ConcreteSpec, ...]:
        """Runtime packages whose name occurred before: a view can hold only one of each name.

        Externals are in no view, and of compiler runtimes Spack itself takes the newest.
        """
        seen: set[str] = set()
        repeated: list[ConcreteSpec] = []
        for node in self.running():
            if node.external or node.name.endswith("-runtime"):
                continue
            if node.name in seen:
                repeated.append(node)
            seen.add(node.name)
        return tuple(repeated)

    def needed(self, node: ConcreteSpec) -> tuple[ConcreteSpec, ...]:
        """The link and run dependencies of `node`."""
        return tuple(self.nodes[hash_] for hash_ in node.runs)


def read_spack_lock(text: str, where: str) -> SpackLock:
    """Parse a spack.lock; StateError if it is damaged."""
    try:
        data = json.loads(text)
        nodes = {hash_: _node(hash_, entry) for hash_, entry in data["concrete_specs"].items()}
        roots = tuple((root["spec"], root["hash"]) for root in data["roots"])
        named = (*(hash_ for _, hash_ in roots), *(h for node in nodes.values() for h in node.runs))
        if lacking := set(named) - nodes.keys():
            raise ValueError(f"{min(lacking)} is not in it")
        return SpackLock(nodes, roots)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{where} is damaged: {error}", fix="Rebuild it from spack.yaml: devenv build"
        ) from None


def read_records(records: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, ConcreteSpec]:
    """The packages in records of Spack's database, by hash; StateError if they are damaged."""
    try:
        return {hash_: _node(hash_, record["spec"]) for hash_, record in records.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{where} is damaged: {error}", fix="devenv spack exec -- reindex"
        ) from None


def unused(
    installed: Mapping[str, ConcreteSpec], needed: Iterable[str]
) -> tuple[ConcreteSpec, ...]:
    """The packages in `installed` (by hash) that are no build, link or run dependencies of `needed`.

    Externals belong to the machine and are never included.
    """
    kept: set[str] = set()
    queue = list(needed)
    while queue:
        hash_ = queue.pop()
        if hash_ not in kept:
            kept.add(hash_)
            queue += installed[hash_].needs if hash_ in installed else ()
    rest = (node for hash_, node in installed.items() if hash_ not in kept and not node.external)
    return tuple(sorted(rest, key=lambda node: (node.name, node.version, node.hash)))


def _node(hash_: str, entry: Mapping[str, Any]) -> ConcreteSpec:
    parameters = {n: _text(v) for n, v in entry.get("parameters", {}).items() if v != []}
    external = entry.get("external") or {}
    return ConcreteSpec(
        name=entry["name"],
        version=entry["version"],
        hash=hash_,
        parameters=parameters,
        needs=dict(_needs(entry.get("dependencies", ()))),
        external=str(external.get("path") or ""),
        dev=parameters.get("dev_path", ""),
        namespace=entry.get("namespace", ""),
    )


def _needs(entries: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in entries:
        kinds = one.get("parameters", {}).get("deptypes") or one.get("type") or ()
        yield one["hash"], tuple(kinds)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)

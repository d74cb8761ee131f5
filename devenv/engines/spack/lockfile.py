"""spack.lock: what was chosen, and how one differs from another. Format: versions 4 to 7 of Spack's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.errors import StateError


@dataclass(frozen=True)
class Node:
    """A concrete package. parameters: its variants; dev: the source that it is built from, or empty.

    external: its prefix where it is on the machine already. needs: hash of a dependency -> how
    ("build", "link", "run").
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
    def variants(self) -> str:
        """Those that are not the build system's own, in Spack's spelling."""
        hidden = {"build_system", "build_type", "generator", "dev_path", "ipo", "patches"}
        flags = {"cflags", "cxxflags", "cppflags", "fflags", "ldflags", "ldlibs"}
        shown = {n: v for n, v in sorted(self.parameters.items()) if n not in hidden | flags}
        on = [("+" if v == "True" else "~") + n for n, v in shown.items() if v in ("True", "False")]
        valued = [f"{n}={v}" for n, v in shown.items() if v not in ("True", "False")]
        return " ".join(filter(None, ["".join(on), *valued]))


@dataclass(frozen=True)
class SpackLock:
    """nodes: by hash. roots: (as it was asked for, hash), in order."""

    nodes: Mapping[str, Node]
    roots: tuple[tuple[str, str], ...]

    def named(self, name: str) -> Node | None:
        """The package of that name which is for running; a build tool may be there twice."""
        running = {node.hash for node in self.running()}
        all_ = [node for node in self.nodes.values() if node.name == name]
        return next((n for n in all_ if n.hash in running), all_[0] if all_ else None)

    def running(self) -> tuple[Node, ...]:
        """The roots and all that they link to or run, each once, dependents first."""
        seen: dict[str, Node] = {}
        queue = [hash_ for _, hash_ in self.roots]
        while queue:
            hash_ = queue.pop(0)
            if hash_ in seen or hash_ not in self.nodes:
                continue
            node = seen[hash_] = self.nodes[hash_]
            queue += [h for h, how in node.needs.items() if {"link", "run"} & set(how)]
        return tuple(seen.values())


def read_spack_lock(text: str, where: str) -> SpackLock:
    """What Spack wrote; StateError where it is damaged."""
    try:
        data = json.loads(text)
        nodes = {hash_: _node(hash_, entry) for hash_, entry in data["concrete_specs"].items()}
        roots = tuple((root["spec"], root["hash"]) for root in data["roots"])
        return SpackLock(nodes, roots)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateError(
            f"{where} is damaged: {error}", fix="`devenv build` makes it again from spack.yaml."
        ) from None


def _node(hash_: str, entry: Mapping[str, Any]) -> Node:
    parameters = {n: _text(v) for n, v in entry.get("parameters", {}).items() if v != []}
    external = entry.get("external") or {}
    return Node(
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


def differences(before: SpackLock, after: SpackLock) -> tuple[str, ...]:
    """In words what changed from one lock to another, sorted by package."""
    then, now = _by_name(before), _by_name(after)
    return tuple(
        line
        for name in sorted({*then, *now})
        for line in _difference(name, then.get(name), now.get(name))
    )


def _by_name(lock: SpackLock) -> dict[str, Node]:
    return {
        name: node for name in {n.name for n in lock.nodes.values()} if (node := lock.named(name))
    }


def _difference(name: str, then: Node | None, now: Node | None) -> Iterator[str]:
    if then is None or now is None:
        node = now or then
        assert node is not None
        yield f"{name} {node.version} {'is new' if now else 'is gone'}"
    elif then.hash != now.hash:
        changes = list(_changes(then, now))
        # The same by itself: something beneath it differs, which has a line of its own.
        if changes:
            yield f"{name} {', '.join(changes)}"


def _changes(then: Node, now: Node) -> Iterator[str]:
    if then.version != now.version:
        yield f"{then.version} → {now.version}"
    for name in sorted({*then.parameters, *now.parameters} - {"dev_path"}):
        old, new = then.parameters.get(name), now.parameters.get(name)
        if old == new:
            continue
        if new in ("True", "False"):
            yield ("+" if new == "True" else "~") + name
        else:
            yield f"{name}={new}" if new is not None else f"without {name}={old}"
    if then.dev != now.dev:
        yield f"from {now.dev}" if now.dev else "no dev source any more"
    if then.external != now.external:
        yield f"the machine's own, {now.external}" if now.external else "built by Spack"


def tree(lock: SpackLock, all_: bool = False) -> tuple[str, ...]:
    """The roots with what they need below them, in lines; what stood above already is not repeated.

    all_: with what is only there to build.
    """
    lines: list[str] = []
    seen: set[str] = set()

    def walk(hash_: str, depth: int) -> None:
        node = lock.nodes[hash_]
        again = hash_ in seen and bool(node.needs)
        lines.append("  " * depth + _titled(node) + (" …" if again else ""))
        if hash_ in seen:
            return
        seen.add(hash_)
        for need, how in node.needs.items():
            if all_ or {"link", "run"} & set(how):
                walk(need, depth + 1)

    for _, root in lock.roots:
        walk(root, 0)
    return tuple(lines)


def _titled(node: Node) -> str:
    """What the machine has came with variants of its own, which nobody chose."""
    name = f"{node.name}@{node.version}"
    if node.external:
        return f"{name}  in {node.external}"
    return f"{name} {node.variants}".rstrip() + (f"  from {node.dev}" if node.dev else "")

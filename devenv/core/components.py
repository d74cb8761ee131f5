"""What an environment consists of, whatever its engine: components that need each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.spec import Value

MORE = " …"
"""Marks a component whose needs are shown further up in the tree."""


@dataclass(frozen=True)
class Component:
    """One component of an environment.

    kind: template, engine, base, python, package, source, repository, compiler, model, mod or product.
    variants: name -> value. hash: of its whole content, empty if it is not built yet. place: a path or a
    URL, if that distinguishes it. changed: whether it has uncommitted changes. needs: ids of other
    components. note: for people.
    """

    kind: str
    name: str
    version: str = ""
    variants: tuple[tuple[str, Value], ...] = ()
    hash: str = ""
    place: str = ""
    changed: bool = False
    needs: tuple[str, ...] = ()
    note: str = ""

    @property
    def id(self) -> str:
        """``KIND:NAME``, which `needs` of other components refer to."""
        return f"{self.kind}:{self.name}"

    @property
    def title(self) -> str:
        """Its usual name, without the version."""
        if self.kind == "mod":
            return f"{self.name}.mod"
        return self.name if self.kind == "package" else f"{_TITLES[self.kind]}{self.name}".strip()


_TITLES = {
    "template": "template ",
    "engine": "engine ",
    "base": "module ",
    "python": "Python",
    "source": "dev source ",
    "repository": "repository of models ",
    "compiler": "compiler ",
    "model": "model ",
    "product": "",
}


def tops(components: Sequence[Component]) -> tuple[Component, ...]:
    """The components that no other needs, in order; of a cycle that none needs, the first."""
    needed = {need for one in components for need in one.needs if need != one.id}
    roots = [one for one in components if one.id not in needed]
    by_id = {one.id: one for one in components}
    seen: set[str] = set()
    for one in (*roots, *components):
        if one.id not in seen and one not in roots:
            roots.append(one)
        seen |= _below(one, by_id, seen)
    return tuple(one for one in components if one in roots)


def _below(top: Component, by_id: Mapping[str, Component], seen: set[str]) -> set[str]:
    """The ids reachable from `top`, with its own, without those in `seen`."""
    found: set[str] = set()
    queue = [top.id]
    while queue:
        one = queue.pop()
        if one not in found and one not in seen and one in by_id:
            found.add(one)
            queue += by_id[one].needs
    return found


def tree(title: str, components: Sequence[Component]) -> tuple[str, ...]:
    """The lines of a tree below `title`. The needs of a component are shown once."""
    by_id = {one.id: one for one in components}
    seen: set[str] = set()

    def below(needs: Sequence[Component], indent: str) -> Iterator[str]:
        for number, one in enumerate(needs, 1):
            last = number == len(needs)
            under = [by_id[need] for need in one.needs if need in by_id]
            more = MORE if under and one.id in seen else ""
            yield f"{indent}{'└── ' if last else '├── '}{component_line(one)}{more}"
            if one.id not in seen:
                seen.add(one.id)
                yield from below(under, f"{indent}{'    ' if last else '│   '}")

    return (title, *below(tops(components), ""))


def component_line(one: Component) -> str:
    """A component as one line: ``neuron 9.0.2 +coreneuron``."""
    state = "with uncommitted changes" if one.changed else ""
    words = (one.title, one.version, spelt(one.variants), one.place, state, one.note)
    return " ".join(filter(None, words))


def spelt(variants: Sequence[tuple[str, Value]]) -> str:
    """Variants in Spack's syntax, without those that are off."""
    flags = "".join(f"+{name}" for name, value in variants if value is True)
    valued = [f"{name}={value}" for name, value in variants if not isinstance(value, bool)]
    return " ".join(filter(None, [flags, *valued]))


def layers(components: Sequence[Component]) -> tuple[tuple[Component, ...], ...]:
    """Columns: each component is to the right of all that need it, except in a cycle."""
    by_id = {one.id: one for one in components}
    depth: dict[str, int] = {}
    # A cycle (packages may need each other) is cut where it returns to its own path.
    stack = [(one.id, 0, frozenset[str]()) for one in tops(components)]
    while stack:
        here, at, path = stack.pop()
        if here in path or depth.get(here, -1) >= at:
            continue
        depth[here] = at
        stack += [(need, at + 1, path | {here}) for need in by_id[here].needs if need in by_id]
    count = max(depth.values(), default=-1) + 1
    return tuple(
        tuple(one for one in components if depth.get(one.id) == column) for column in range(count)
    )

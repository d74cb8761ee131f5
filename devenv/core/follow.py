"""Paths that follow the current generation, for files that outlive it.

An activation sets paths of store entries, which a later build replaces, and of the generation itself.
Each generation has links to its entries, named by their role; through `current`, the same path always
leads to the entry in use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, replace

from devenv.core.delta import Edit, EnvironmentDelta, Unset
from devenv.core.environment import Generation
from devenv.core.plan import Link

FOLDER = "links"
_NAMES = {
    "neuron": "neuron",
    "venvs": "packages",
    "models": "model",
    "overlays": "overlay",
    "sources/.pinned": "repository",
    "spack": "spack",
    "rank": "rank",
}


def store_links(generation: Generation, homes: Iterable[str], root: str) -> dict[str, str]:
    """Store entry -> name of the link to it. homes: of the stores; root: the generation's directory."""
    environment = root.rpartition("/generations/")[0]
    stores = "|".join(map(re.escape, ("neuron", "venvs", "models", "overlays", "sources/.pinned")))
    places = [rf"{re.escape(home)}/(?P<k{n}>{stores})" for n, home in enumerate(homes)]
    places += [rf"{re.escape(environment)}/(?P<s>spack)", rf"{re.escape(root)}/(?P<r>rank)"]
    entry = re.compile(rf"(?:{'|'.join(places)})/[^/:\s]+")
    packages = {one.path: one.package for one in generation.overlays}
    found: dict[str, str] = {}
    for hit in (hit for text in _texts(generation) for hit in entry.finditer(text)):
        kind = next(filter(None, hit.groupdict().values()))
        own = packages.get(hit[0])
        name = f"overlay-{own}" if own else _NAMES[kind]
        count = sum(_NAMES[kind] == one.partition(".")[0] for one in found.values())
        found.setdefault(hit[0], f"{name}.{count + 1}" if count and not own else name)
    return found


def link_steps(generation: Generation, homes: Iterable[str], root: str) -> tuple[Link, ...]:
    """Steps that make the links in a generation's directory."""
    found = store_links(generation, homes, root)
    return tuple(Link(f"{root}/{FOLDER}/{name}", path) for path, name in found.items())


def through_current(
    generation: Generation, links: dict[str, str], root: str, current: str
) -> Generation:
    """The generation with its paths led through `current`, and without its number."""
    places = [(path, f"{current}/{FOLDER}/{name}") for path, name in links.items()]

    def through(text: str) -> str:
        for path, place in sorted(places, key=lambda one: len(one[0]), reverse=True):
            text = re.sub(rf"{re.escape(path)}(?![^/:\s])", lambda _, p=place: p, text)  # type: ignore[misc]
        return re.sub(rf"{re.escape(root)}(?![^/:\s])", lambda _: current, text)

    kept = (edit for edit in generation.delta.edits if edit.name != "DEVENV_GENERATION")
    edits = tuple(_mapped(edit, through) for edit in kept)
    model = generation.model and replace(generation.model, path=through(generation.model.path))
    python = through(generation.python)
    return replace(generation, python=python, delta=EnvironmentDelta(edits), model=model)


def _mapped(edit: Edit, change: Callable[[str], str]) -> Edit:
    return edit if isinstance(edit, Unset) else replace(edit, value=change(edit.value))


def _texts(generation: Generation) -> Iterable[str]:
    yield from (generation.python, generation.site, generation.neuron)
    for edit in generation.delta.edits:
        yield from (str(getattr(edit, one.name)) for one in fields(edit) if one.name == "value")

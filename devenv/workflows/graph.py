"""devenv graph: what an environment is made of, and what needs what."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from devenv.core.components import Component, tree
from devenv.core.picture import picture
from devenv.core.plan import Plan, Write
from devenv.core.result import Result
from devenv.environment.contents import neuron_of
from devenv.environment.handle import Env
from devenv.environment.history import GenerationRecord, current_number, generation_record
from devenv.store.carry import carry_out
from devenv.system.distributions import requirements
from devenv.workflows.generations import contents_of

_ORDER = ("source", "model", "package")
"""What stands first; the rest behind it."""


def graph(env: Env, svg: Path | None = None) -> Result:
    """The components of the current generation as a tree, or as a picture in the file `svg`."""
    context, name = env.context, env.name
    one = generation_record(env, current_number(env))
    title = f"{name}: generation {one.number}"
    components = connected(one)
    data = {"name": name, "generation": one.number}
    if svg is None:
        found = [{"id": c.id, **asdict(c)} for c in components]
        notes = (f"note: {note}" for note in contents_of(one).notes)
        lines = (*tree(title, components), *notes)
        return Result(lines, data={**data, "components": found})
    path = context.cwd / svg
    write = Write(str(path), picture(title, components))
    carry_out(context, Plan("graph", (write,)))
    return Result((f"Written: {path}",), data={**data, "path": str(path)})


def connected(one: GenerationRecord) -> tuple[Component, ...]:
    """What a generation is made of, each with what it needs. The mods of a model are counted only."""
    found = [c for c in contents_of(one).components if c.kind != "mod"]
    known = {c.id for c in found}
    linked = (replace(c, needs=_needs(one, c, found)) for c in found)
    kept = (replace(c, needs=tuple(n for n in c.needs if n in known)) for c in linked)
    return tuple(sorted(kept, key=_place))


def _place(one: Component) -> int:
    return _ORDER.index(one.kind) if one.kind in _ORDER else len(_ORDER)


def _needs(one: GenerationRecord, component: Component, found: list[Component]) -> tuple[str, ...]:
    """What it needs: a model its folders' sources too, a package and a dev source what they require."""
    if component.kind == "model":
        folders = one.generation.model.folders if one.generation.model else ()
        sources = [c for c in found if c.kind == "source" and _within(folders, c.place)]
        more = (*sources, *(c for c in found if c.kind == "repository"))
        needs = (*(c.id for c in more), f"package:{neuron_of(one.lock)}", *component.needs)
        return tuple(dict.fromkeys(needs))
    if component.kind not in ("package", "source") or component.needs:
        return component.needs
    sites = [o.path for o in one.generation.overlays if o.package == component.name]
    if component.kind == "package":
        sites = [one.generation.site, one.generation.neuron]
    required = requirements(sites, one.lock.python).get(component.name, ())
    return tuple(_found(need, found) for need in required)


def _within(folders: tuple[str, ...], place: str) -> bool:
    return any(Path(folder).is_relative_to(place) for folder in folders)


def _found(name: str, found: list[Component]) -> str:
    """A package that is developed is its source."""
    source = f"source:{name}"
    return source if any(c.id == source for c in found) else f"package:{name}"

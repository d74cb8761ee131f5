"""The generations of an environment, and what differs between them: devenv generations, lock diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.config.generation_file import read_generation, read_lock
from devenv.core.components import Component
from devenv.core.difference import Difference, differences, summary
from devenv.core.environment import BuiltModel, Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import GenerationLayout
from devenv.core.names import unknown
from devenv.core.result import Result, Table
from devenv.engines.components import (
    lock_components,
    model_component,
    neuron_of,
    spack_components,
    stamp_components,
)
from devenv.environment.handle import Env, environment_names, open_env
from devenv.models.stamp_file import stamp_of


@dataclass(frozen=True)
class Recorded:
    """A generation as its folder tells it."""

    folder: GenerationLayout
    generation: Generation
    lock: Lock

    @property
    def number(self) -> int:
        return self.generation.number


@dataclass(frozen=True)
class Contents:
    """What a generation is made of. notes: what cannot be told any more, in words."""

    components: tuple[Component, ...]
    notes: tuple[str, ...] = ()


def named(context: Context, words: Sequence[str]) -> tuple[Env, tuple[int, ...]]:
    """``[NAME] [NUMBER]...`` as it was typed: the environment, and the numbers.

    A first word of digits alone is a number, unless an environment has that name.
    """
    first, *rest = words or [""]
    name: str | None = None
    if first and (not first.isdecimal() or first in environment_names(context)):
        name, words = first, rest
    wrong = next((word for word in words if not word.isdecimal()), None)
    if wrong is not None:
        raise UsageError(
            f"{wrong!r} is no number of a generation", fix="See them: devenv generations"
        )
    return open_env(context, name), tuple(map(int, words))


def numbers(env: Env) -> list[int]:
    """The generations that are whole, the oldest first."""
    folder = env.layout.generations
    found = [p for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    return sorted(int(p.name) for p in found if GenerationLayout(p).manifest.exists())


def current_number(env: Env) -> int:
    """The number that `current` links to, whether or not that is whole."""
    number = env.current.root.name
    return int(number) if number.isdigit() else 0


def before_current(env: Env) -> int:
    """The newest generation that is older than the current one. StateError where there is none."""
    current = current_number(env)
    older = [number for number in numbers(env) if number < current]
    if not older:
        raise StateError(
            f"{env.name} has no generation before its current one, {current}",
            fix=f"See what there is: devenv generations {env.name}",
        )
    return older[-1]


def recorded(env: Env, number: int) -> Recorded:
    """The generation of that number. UsageError where there is none, StateError where it is damaged."""
    there = numbers(env)
    if number not in there:
        raise unknown("generation", str(number), map(str, there), f"environment {env.name}")
    folder = env.layout.generation(number)
    fix = f"Make the environment as it is asked for: devenv build {env.name}"
    manifest, lock = (read_text(path, fix) for path in (folder.manifest, folder.lock))
    return Recorded(
        folder,
        read_generation(manifest, str(folder.manifest)),
        read_lock(lock, str(folder.lock)),
    )


def contents(one: Recorded) -> Contents:
    """All that the locks of a generation, and of its models, name."""
    modules = (Component("base", module) for module in one.generation.base.modules)
    found = [*lock_components(one.lock), *modules, *_spack(one)]
    notes: list[str] = []
    if one.generation.engine == "spack" and not (one.folder.root / "spack.lock").is_file():
        notes.append(f"Generation {one.number} was not built: what Spack chooses is not known.")
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


def _spack(one: Recorded) -> tuple[Component, ...]:
    """What Spack installed, where it did: its lock stands beside ours."""
    path = one.folder.root / "spack.lock"
    if not path.is_file():
        return ()
    return spack_components(read_text(path, "`devenv build` makes it again."), str(path))


def _models(one: Recorded) -> Iterator[tuple[str, str, BuiltModel | None]]:
    """The models with their variants: in full where they are built, else as they were asked for."""
    environment, model = one.lock.environment, one.generation.model
    # With Spack it is a package like the others, unless it is one of the store: of one's own mods.
    stored = bool(model and Path(model.path, "model.json").is_file())
    ours = one.generation.engine == "venv" or environment.mods or stored
    if ours and (one.generation.wants_model or model):
        variants = model.variants if model else environment.variants
        yield Path(environment.template).stem, variants, model
    for further in one.generation.further:
        yield further.name, further.model.variants, further.model


def compared(then: Recorded, now: Recorded) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """What differs, and what cannot be told."""
    before, after = contents(then), contents(now)
    found = differences(before.components, after.components)
    return found, (*before.notes, *after.notes)


def lock_diff(context: Context, words: Sequence[str]) -> Result:
    """What differs between two generations: [NAME] [A] [B]; by default the one before and current."""
    env, asked = named(context, words)
    name = env.name
    if len(asked) > 2:
        raise UsageError("more than two generations", fix="Name two: devenv lock diff NAME 1 2")
    first = asked[0] if asked else before_current(env)
    second = asked[1] if len(asked) == 2 else current_number(env)
    then, now = recorded(env, first), recorded(env, second)
    found, notes = compared(then, now)
    title = f"{name}: generation {first} → {second}"
    lines = (title, *(f"  {one.text}" for one in found)) if found else (f"{title}: the same",)
    data = {
        "name": name,
        "from": first,
        "to": second,
        "differences": [asdict(one) for one in found],
        "notes": list(notes),
    }
    return Result((*lines, *(f"note: {note}" for note in notes)), data=data)


def list_generations(env: Env) -> Result:
    """Every generation in a line: its number, its date, and what changed from the one above it."""
    name, current = env.name, current_number(env)
    rows: list[tuple[str, str, str]] = []
    before: Recorded | None = None
    for number in numbers(env):
        one, what = _changed(env, number, before)
        manifest = env.layout.generation(number).manifest
        made = datetime.fromtimestamp(manifest.stat().st_mtime).astimezone()
        mark = "*" if number == current else ""
        rows.append((f"{number}{mark}", made.strftime("%Y-%m-%d %H:%M"), what))
        before = one or before
    data = [
        {"number": int(n.rstrip("*")), "current": n.endswith("*"), "made": made, "changed": what}
        for n, made, what in rows
    ]
    header = ("GENERATION", "MADE", "CHANGED")
    return Result(table=Table(header, tuple(rows)), data={"name": name, "generations": data})


def _changed(env: Env, number: int, before: Recorded | None) -> tuple[Recorded | None, str]:
    """A generation, None where it cannot be read, and in a line what it changed."""
    try:
        one = recorded(env, number)
        if before is None:
            return one, "the first that is kept"
        return one, summary(compared(before, one)[0])
    except StateError:
        return None, "damaged"

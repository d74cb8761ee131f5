"""Is what an environment uses as it was made? Looked at by every use, and healed by a build.

Every use compares a few sizes and times, `devenv doctor` and ``devenv build --force`` every hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.layout import GenerationLayout
from devenv.environment.handle import Env
from devenv.environment.mark import edits
from devenv.store.observe import STORES
from devenv.system import seals

_SHOWN = 3


@dataclass(frozen=True)
class Part:
    """A folder that an environment uses. what: for people. own: this devenv may make it again."""

    what: str
    path: Path
    own: bool = True


@dataclass(frozen=True)
class DamagedPart:
    """A part that is not as it was made, and what of it: a few paths with a word each, for people."""

    part: Part
    what: tuple[str, ...]

    @property
    def text(self) -> str:
        more = len(self.what) - _SHOWN
        words = [*self.what[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        return f"{self.part.what} in {self.part.path}: {', '.join(words)}"


def parts(context: Context, generation: Generation) -> tuple[Part, ...]:
    """The folders of the stores that the generation uses, and its own, each once."""
    models = [generation.model] if generation.model else []
    models += [one.model for one in generation.further]
    named = [
        ("NEURON", generation.neuron if generation.neuron != generation.site else ""),
        ("the packages", generation.site),
        ("the packages", generation.python),
        *((f"the overlay of {one.package}", one.path) for one in generation.overlays),
        *((f"what was compiled of {one.package}", one.built) for one in generation.compiled),
        *((f"the model {one.key[:12]}", one.path) for one in models),
    ]
    found = [part for what, path in named if (part := _part(context, what, path))]
    layout = context.layout.env(generation.name).generation(generation.number)
    found.append(Part(f"generation {generation.number}", layout.root))
    return tuple({part.path: part for part in reversed(found)}.values())[::-1]


def homes(context: Context) -> tuple[str, ...]:
    """Where stores are: our own, and those of others that the settings name."""
    return tuple(map(str, (context.layout.home, *context.settings.stores)))


def _part(context: Context, what: str, path: str) -> Part | None:
    """The entry of a store that `path` lies in; None where it is in none: a base's, or Spack's."""
    for home in map(Path, homes(context)):
        front = f"{home}/"
        if path.startswith(front):
            kind, _, rest = path.removeprefix(front).partition("/")
            key = rest.partition("/")[0]
            if kind in STORES and key:
                return Part(what, home / kind / key, home == context.layout.home)
    return None


def find_damage(
    context: Context, generation: Generation, *, fully: bool = False
) -> tuple[DamagedPart, ...]:
    """The parts that are not as they were made. fully: also where a glance shows nothing."""
    found = [_judged(part, fully) for part in parts(context, generation)]
    if not os.access(generation.python, os.X_OK) and not any(found):
        part = Part("the Python", Path(generation.python), own=False)
        found.append(DamagedPart(part, ("is missing or not executable",)))
    return tuple(one for one in found if one)


def _judged(part: Part, fully: bool) -> DamagedPart | None:
    if not part.path.is_dir():
        return DamagedPart(part, ("it is gone",))
    mark = seals.unmarked(part.path)
    if not (fully or mark):
        return None
    # What was only touched is whole: hashes decide.
    found = seals.damages(part.path)
    return DamagedPart(part, tuple(f"{d.path or '.'} {d.what}" for d in found)) if found else None


def find_damage_now(env: Env, *, fully: bool = False) -> tuple[DamagedPart, ...]:
    """The same for the generation in use; none where it cannot be read, which a build mends."""
    with suppress(StateError):
        return find_damage(env.context, env.generation, fully=fully)
    return ()


def pending(env: Env, *, fully: bool = False) -> tuple[str, ...]:
    """What the next build changes whatever the sources say: repairs, and edits of environment.yaml."""
    unreadable = [env.unreadable] if env.unreadable else []
    harm = (*unreadable, *(one.text for one in find_damage_now(env, fully=fully)))
    return (
        *(f"to be rebuilt: {what}" for what in harm),
        *(f"environment.yaml was edited: {field}" for field in edits(env)),
    )


def require_intact(context: Context, generation: Generation) -> None:
    """StateError for what is damaged at a glance, and the fix."""
    found = find_damage(context, generation)
    if found:
        raise StateError(
            f"{generation.name} is damaged: {'; '.join(one.text for one in found)}",
            fix=f"Rebuild it: devenv build {generation.name}",
        )


def suspecting(context: Context, found: Iterable[DamagedPart]) -> Context:
    """The context in which what is damaged of our own stores is made again."""
    places = frozenset(one.part.path for one in found if one.part.own)
    return replace(context, suspects=places)


def is_generation(one: DamagedPart) -> bool:
    """Whether a generation's own folder is what is damaged: then a new one is made beside it."""
    return GenerationLayout(one.part.path).manifest.exists()

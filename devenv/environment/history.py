"""The generations of an environment, as their folders record them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from devenv.config.context import Context, read_text
from devenv.config.generation_file import read_generation, read_lock
from devenv.core.environment import Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import GenerationLayout
from devenv.core.names import unknown
from devenv.environment.handle import Env, environment_names, open_env
from devenv.environment.mark import edited_since
from devenv.sources.presence import missing_sources


@dataclass(frozen=True)
class GenerationRecord:
    """A generation as its folder tells it."""

    folder: GenerationLayout
    generation: Generation
    lock: Lock

    @property
    def number(self) -> int:
        return self.generation.number


def parse_selection(context: Context, words: Sequence[str]) -> tuple[Env, tuple[int, ...]]:
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
            f"{wrong!r} is not the number of a generation", fix="See them: devenv generations"
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


def generation_record(env: Env, number: int) -> GenerationRecord:
    """The generation of that number. UsageError where there is none, StateError where it is damaged."""
    present = numbers(env)
    if number not in present:
        raise unknown("generation", str(number), map(str, present), f"environment {env.name}")
    folder = env.layout.generation(number)
    fix = f"Rebuild the environment: devenv build {env.name}"
    manifest, lock = (read_text(path, fix) for path in (folder.manifest, folder.lock))
    return GenerationRecord(
        folder,
        read_generation(manifest, str(folder.manifest)),
        read_lock(lock, str(folder.lock)),
    )


def request_is_unbuilt(env: Env) -> bool:
    """Whether the request was edited since the last build to what no generation was asked to be."""
    if not edited_since(env.layout):
        return False
    asked = env.request
    for number in numbers(env):
        try:
            if generation_record(env, number).lock.environment == asked:
                return False
        except StateError:
            continue  # a damaged one keeps nothing
    return True


def require_whole(one: GenerationRecord, missing: Iterable[tuple[str, str]]) -> None:
    """StateError that names every missing part of a generation, and the fix.

    missing: (what, path) of each part that its engine installed and that does not exist.
    """
    name, number = one.generation.name, one.number
    recreate = (
        f"Recreate it beside this one: devenv create {name}-{number}"
        f" --from-lock {shlex.quote(str(one.folder.lock))}"
    )
    parts = (*_missing_parts(one.generation), *missing)
    lost = [(f"{what} does not exist any more: {path}", recreate) for what, path in parts]
    lost += [
        (f"the dev source of {package} is not in {path} any more", "Put it back.")
        for package, path in missing_sources(one.lock.environment.develop)
    ]
    if lost:
        lines = "".join(f"\n  - {what}\n    {fix}" for what, fix in lost)
        raise StateError(f"generation {number} of {name} is incomplete:{lines}")


def _missing_parts(generation: Generation) -> Iterator[tuple[str, str]]:
    """(what, path) of what devenv made for a generation, whatever its engine."""
    models = [generation.model] if generation.model else []
    places = (
        ("its Python", generation.python),
        *(("its model", model.path) for model in models),
        *((f"its model {further.name}", further.model.path) for further in generation.further),
        *((f"its overlay of {overlay.package}", overlay.path) for overlay in generation.overlays),
    )
    return ((what, path) for what, path in places if path and not os.path.exists(path))

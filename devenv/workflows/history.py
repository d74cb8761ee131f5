"""devenv lock diff and devenv rollback: what changed between generations, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devenv.config.generation_file import read_generation, read_lock
from devenv.core.environment import Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import GenerationLayout
from devenv.core.names import normalised
from devenv.core.plan import Link, Plan, Write
from devenv.core.result import Result
from devenv.engines.spack.lockfile import SpackLock, differences, read_spack_lock
from devenv.engines.venv import distributions
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.context import Context, chosen, current_layout

SPACK_LOCK = "spack.lock"


def lock_diff(context: Context, name: str | None, before: int = 0, after: int = 0) -> Result:
    """In words what differs between two generations; 0: the one in use, and the one before it."""
    name = chosen(context, name)
    numbers = whole_generations(context, name)
    after = _checked(after or int(current_layout(context, name).root.name), numbers, name)
    earlier = [n for n in numbers if n < after]
    if not before and not earlier:
        return Result((f"{name} has no generation before {after}.",), data={"changes": []})
    before = _checked(before or earlier[-1], numbers, name)
    changes = tuple(_changes(*(_layout(context, name, n) for n in (before, after))))
    lines = (
        f"{name}: generation {before} → {after}",
        *(f"  {c}" for c in changes or ("no change",)),
    )
    return Result(lines, data={"before": before, "after": after, "changes": list(changes)})


def rollback(context: Context, name: str | None, to: int = 0) -> Result:
    """Use an earlier generation again: one rename. 0: the one before that in use."""
    name = chosen(context, name)
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        numbers = whole_generations(context, name)
        current = int(current_layout(context, name).root.name)
        earlier = [n for n in numbers if n < current]
        if not to and not earlier:
            raise StateError(
                f"{name} has no generation before {current}", fix=f"devenv show {name}"
            )
        to = _checked(to or earlier[-1], numbers, name)
        generation = _generation(_layout(context, name, to))
        gone = [path for path in _needs(generation) if not Path(path).exists()]
        if gone:
            raise StateError(
                f"generation {to} of {name} needs {gone[0]}, which is not there any more",
                fix=f"Make what is asked for now: devenv build {name}",
            )
        layout = context.layout.env(name)
        steps = (
            Link(str(layout.current), f"generations/{to}"),
            Write(str(layout.built), f"{generation.stamp}\n"),
        )
        execute(Plan("rollback", steps), environ=context.environ)
    note = (
        f"What {layout.request.name} asks for is as it was: `devenv build {name}` makes that again."
    )
    return Result((f"{name} is at generation {to} again, from {current}.", note))


def spack_lock(context: Context, name: str, number: int = 0) -> SpackLock:
    """What Spack chose for a generation (0: the one in use). UsageError where Spack did not make it."""
    layout = _layout(context, name, number) if number else current_layout(context, name)
    path = layout.root / SPACK_LOCK
    try:
        return read_spack_lock(path.read_text(encoding="utf-8"), str(path))
    except OSError:
        raise UsageError(
            f"generation {layout.root.name} of {name} has no spack.lock",
            fix=f"That is for environments of the Spack engine that are built: devenv build {name}",
        ) from None


def whole_generations(context: Context, name: str) -> list[int]:
    """The numbers of those that can be used, in order."""
    folder = context.layout.env(name).generations
    whole = (
        p for p in folder.iterdir() if p.name.isdigit() and GenerationLayout(p).manifest.exists()
    )
    return sorted(int(path.name) for path in whole)


def _checked(number: int, numbers: list[int], name: str) -> int:
    if number not in numbers:
        raise UsageError(
            f"{name} has no generation {number}", fix=f"It has: {', '.join(map(str, numbers))}."
        )
    return number


def _layout(context: Context, name: str, number: int) -> GenerationLayout:
    return context.layout.env(name).generation(number)


def _generation(layout: GenerationLayout) -> Generation:
    return read_generation(layout.manifest.read_bytes(), str(layout.manifest))


def _needs(generation: Generation) -> Iterator[str]:
    yield generation.python
    if generation.model:
        yield generation.model.path


def _changes(before: GenerationLayout, after: GenerationLayout) -> Iterator[str]:
    then, now = (read_lock(one.lock.read_bytes(), str(one.lock)) for one in (before, after))
    if then.python != now.python:
        yield f"python {then.python} → {now.python}"
    if then.environment.variants != now.environment.variants:
        yield f"variants {then.environment.variants or 'none'} → {now.environment.variants or 'none'}"
    locks = [one.root / SPACK_LOCK for one in (before, after)]
    if all(path.exists() for path in locks):
        yield from differences(
            *(read_spack_lock(p.read_text(encoding="utf-8"), str(p)) for p in locks)
        )
    else:
        yield from _packages(then, now)
    yield from _sources(then, now)
    if then.model != now.model:
        yield f"model {then.model[:12] or 'none'} → {now.model[:12] or 'none'}"


def _packages(then: Lock, now: Lock) -> Iterator[str]:
    old, new = (_pins(lock) for lock in (then, now))
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        if name in old and name in new:
            yield f"{name} {old[name]} → {new[name]}"
        else:
            yield f"{name} {new.get(name) or old[name]} {'is new' if name in new else 'is gone'}"


def _pins(lock: Lock) -> dict[str, str]:
    heads = (head.partition("==") for head in distributions((*lock.neuron, *lock.packages)))
    return {normalised(name): version for name, _, version in heads}


def _sources(then: Lock, now: Lock) -> Iterator[str]:
    old, new = ({s.package: s for s in lock.sources} for lock in (then, now))
    for package in sorted({*old, *new}):
        was, is_ = old.get(package), new.get(package)
        if is_ is None:
            yield f"{package} is not developed any more"
        elif was is None or was.path != is_.path:
            yield f"{package} is developed in {is_.path}"
        elif was.commit != is_.commit:
            yield f"{package} {was.commit[:10]} → {is_.commit[:10]}"

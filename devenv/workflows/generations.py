"""The generations of an environment, and what differs between them: devenv generations, lock diff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from devenv.config.context import Context
from devenv.core.difference import Difference, differences, summary
from devenv.core.errors import StateError, UsageError
from devenv.core.result import Result, Table
from devenv.engines.registry import engine
from devenv.environment.contents import Contents, contents
from devenv.environment.handle import Env
from devenv.environment.history import (
    GenerationRecord,
    before_current,
    current_number,
    generation_record,
    numbers,
    parse_selection,
)


def contents_of(one: GenerationRecord) -> Contents:
    """What a generation is made of."""
    return contents(one, engine(one.generation.engine).contents(one.folder))


def compared(
    then: GenerationRecord, now: GenerationRecord
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """What differs, and what is unknown."""
    before, after = contents_of(then), contents_of(now)
    found = differences(before.components, after.components)
    return found, (*before.notes, *after.notes)


def lock_diff(context: Context, words: Sequence[str]) -> Result:
    """What differs between two generations: [NAME] [A] [B]; by default the one before and current."""
    env, asked = parse_selection(context, words)
    name = env.name
    if len(asked) > 2:
        raise UsageError("more than two generations", fix="Name two: devenv lock diff NAME 1 2")
    first = asked[0] if asked else before_current(env)
    second = asked[1] if len(asked) == 2 else current_number(env)
    then, now = generation_record(env, first), generation_record(env, second)
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
    before: GenerationRecord | None = None
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
    document = {"name": name, "generations": data}
    if not rows:  # it was restored, and could not be built
        return Result(
            (f"{name} has no generation yet. To make one: devenv build {name}",), data=document
        )
    return Result(table=Table(("GENERATION", "MADE", "CHANGED"), tuple(rows)), data=document)


def _changed(
    env: Env, number: int, before: GenerationRecord | None
) -> tuple[GenerationRecord | None, str]:
    """A generation, None where it cannot be read, and in a line what it changed."""
    try:
        one = generation_record(env, number)
        if before is None:
            return one, "the first that is kept"
        return one, summary(compared(before, one)[0])
    except StateError:
        return None, "damaged"

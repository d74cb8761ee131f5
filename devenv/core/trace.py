"""The record of a command's work, for the report: its steps, and the products that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from devenv.core.product import Inputs


@dataclass
class StepRecord:
    """A step that was carried out. begin, end: seconds since the epoch. state: ok, failed or
    stopped.

    marks: (time, text) of what it displayed while it ran, such as the packages that Spack installs.
    """

    title: str
    command: str
    log: str = ""
    begin: float = 0.0
    end: float = 0.0
    state: str = "ok"
    marks: list[tuple[float, str]] = field(default_factory=list)


@dataclass
class ProductRecord:
    """A product that was needed. place: its directory.

    state: made, cached if a store had it, or missing if it could not be made. changes: the
    differences from the product of the same title in the previous report. size: in bytes. needs:
    keys of the products that it was made from, if its inputs do not name them.
    """

    kind: str
    title: str
    key: str
    place: str
    state: Literal["made", "cached", "missing"]
    inputs: Inputs = ()
    changes: tuple[str, ...] = ()
    size: int = 0
    needs: tuple[str, ...] = ()


@dataclass
class Trace:
    """Collects the records of one call of devenv, from several threads."""

    steps: list[StepRecord] = field(default_factory=list)
    products: list[ProductRecord] = field(default_factory=list)


def lanes(steps: Iterable[StepRecord]) -> list[int]:
    """The lane of each step: the lowest one that is free when it begins, so that no two overlap.

    Steps of a plan never run on more lanes than it has cores.
    """
    ends: list[float] = []
    found: dict[int, int] = {}
    order = sorted(enumerate(steps), key=lambda pair: pair[1].begin)
    for number, step in order:
        free = next((lane for lane, end in enumerate(ends) if end <= step.begin), len(ends))
        if free == len(ends):
            ends.append(0.0)
        ends[free] = step.end
        found[number] = free
    return [found[number] for number in range(len(found))]

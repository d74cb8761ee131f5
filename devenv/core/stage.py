"""What a dry run found out: the plans that a command would carry out, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from devenv.core.plan import Clone, Plan, RemovePath, Rename, Run, describe, simple_steps
from devenv.core.product import Product


class AheadError(Exception):
    """In a dry run: what comes next is known only when the plans so far are carried out.

    then: what comes next, and what it depends on, in words.
    """

    def __init__(self, then: str) -> None:
        super().__init__(then)
        self.then = then


@dataclass
class DryRun:
    """Takes the plans in place of the disk. products: those that would be made, as far as it got."""

    plans: list[Plan] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    def lines(self, then: str = "") -> tuple[str, ...]:
        """The commands, and how it goes on; that there is nothing to do where no plan has a step."""
        found = [line for plan in self.plans for line in lines_of(plan)]
        more = [f"# then: {then}"] if then else []
        return (*found, *more) or ("# nothing to do",)


_WORTH_A_LINE = (Run, Clone, RemovePath, Rename)


def lines_of(plan: Plan) -> Iterator[str]:
    """A line for each step; of a plan that only writes files one in all."""
    yield from (f"# {words}" for words in plan.unknown)
    yield from plan.diff
    steps = tuple(simple_steps(plan.steps))
    if any(isinstance(step, _WORTH_A_LINE) for step in steps):
        yield from map(describe, steps)
    elif steps:
        yield f"# {plan.title}: {len(steps)} files" if len(steps) > 1 else describe(steps[0])

"""Dry runs: the plans that a command would carry out, as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from devenv.core.plan import Clone, Plan, RemovePath, Rename, Run, describe, simple_steps
from devenv.core.product import Product


class AheadError(Exception):
    """Ends a dry run: the next step is known only after the plans so far have been carried out.

    then: the next step and what it depends on, in words.
    """

    def __init__(self, then: str) -> None:
        super().__init__(then)
        self.then = then


@dataclass
class DryRun:
    """Records plans instead of carrying them out. products: those that would be made so far."""

    plans: list[Plan] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    def lines(self, then: str = "") -> tuple[str, ...]:
        """The commands, and `then`: what follows them. A comment if there is nothing to do."""
        found = [line for plan in self.plans for line in lines_of(plan)]
        more = [f"# then: {then}"] if then else []
        return (*found, *more) or ("# nothing to do",)


_WORTH_A_LINE = (Run, Clone, RemovePath, Rename)


def lines_of(plan: Plan) -> Iterator[str]:
    """A line for each step; a single line for a plan that only writes files."""
    yield from (f"# {words}" for words in plan.unknown)
    yield from plan.diff
    steps = tuple(simple_steps(plan.steps))
    if any(isinstance(step, _WORTH_A_LINE) for step in steps):
        yield from map(describe, steps)
    elif steps:
        yield f"# {plan.title}: {len(steps)} files" if len(steps) > 1 else describe(steps[0])

"""Estimates how long a plan takes, from the durations of its steps in earlier runs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from devenv.core.plan import Clone, Parallel, Plan, Run, Step, simple_steps

_ENOUGH = 0.5
"""The share of the steps whose time must be known for an estimate in seconds."""
_ALMOST = 0.95
"""How much of a step is done at most while it runs longer than before."""


def is_slow(step: Step) -> bool:
    """Whether a step is slow enough for the progress display: a command or a clone."""
    return isinstance(step, (Run, Clone))


def duration_key(plan: str, step: Step) -> str:
    """The key under which the duration of a step is recorded, the same in each run of the plan."""
    if isinstance(step, Clone):
        return f"clone {step.url}"
    if isinstance(step, Run):
        return step.title or f"{plan}: {step.argv[0].rpartition('/')[2]}"
    return plan


class Estimate:
    """The progress of a plan, and the estimated remaining time. Times are in seconds.

    known: `duration_key` -> the duration in an earlier run. jobs: how many chains of a Parallel run
    at once.
    """

    def __init__(self, plan: Plan, known: Mapping[str, float], jobs: int) -> None:
        slow = [step for step in simple_steps(plan.steps) if is_slow(step)]
        times = {id(step): known.get(duration_key(plan.title, step)) for step in slow}
        found = [time for time in times.values() if time is not None]
        self._known = bool(slow) and len(found) >= _ENOUGH * len(slow)
        usual = median(found) if found else 1.0
        self._steps = slow  # which keeps their identities
        self._times = {key: usual if time is None else time for key, time in times.items()}
        self.total = sum(self._times.values()) or 1.0
        self._span = makespan(plan.steps, lambda step: self._times.get(id(step), 0.0), jobs)
        self._ended = 0.0
        self._running: dict[int, float] = {}
        self._seconds: dict[int, float] = {}
        self._begin: float | None = None

    def begin(self, step: Step, now: float) -> None:
        """A step begins at the time `now`."""
        self._begin = now if self._begin is None else self._begin
        self._running[id(step)] = now

    def end(self, step: Step, now: float) -> None:
        """The step has succeeded at the time `now`."""
        self._seconds[id(step)] = now - self._running.pop(id(step), now)
        self._ended += self._times.get(id(step), 0.0)

    def seconds_of(self, plan: str) -> dict[str, float]:
        """`duration_key` -> the duration of each step that succeeded. plan: its title."""
        ended = (step for step in self._steps if id(step) in self._seconds)
        return {duration_key(plan, step): round(self._seconds[id(step)], 2) for step in ended}

    def done(self, now: float) -> float:
        """The part of `total`, in seconds, that is done."""
        running = self._running.copy().items()  # other threads change it
        parts = (min(now - begin, _ALMOST * self._times.get(key, 0.0)) for key, begin in running)
        return min(self._ended + sum(parts), self.total)

    def left(self, now: float) -> float | None:
        """The seconds until the plan ends; None if too little is known.

        The more of the work is done, the more the speed so far determines the result.
        """
        if not self._known or self._begin is None:
            return None
        share = self.done(now) / self.total
        if share <= 0:
            return self._span
        speed = (now - self._begin) / (self._span * share) if self._span else 1.0
        return self._span * (1 - share) * (1 + (speed - 1) * min(1.0, 2 * share))


def makespan(steps: Sequence[Step], seconds: Callable[[Step], float], jobs: int) -> float:
    """The seconds that the steps take in order, with the chains of a Parallel on `jobs` threads.

    As in the executor, a free thread takes the next chain.
    """
    total = 0.0
    for step in steps:
        if not isinstance(step, Parallel):
            total += seconds(step)
            continue
        threads = [0.0] * max(1, min(jobs, len(step.chains)))
        for chain in step.chains:
            heapq.heapreplace(threads, threads[0] + makespan(chain, seconds, jobs))
        total += max(threads)
    return total


def in_words(seconds: float | None) -> str:
    """``about 12 s left``; empty for None."""
    if seconds is None:
        return ""
    return f"about {seconds:.0f} s left" if seconds < 100 else f"about {seconds / 60:.0f} min left"

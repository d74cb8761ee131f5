"""The live display of a plan: running steps, finished steps, and the estimated remaining time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, TextIO

from devenv.core.estimate import Estimate, in_words
from devenv.core.trace import StepRecord, Trace
from devenv.system.idle import make_way

_ENDED = 5
"""Number of finished steps that are shown."""


class Live:
    """A table that is updated while the plan runs, and ends as a list of its longest steps."""

    LONGEST = 8

    def __init__(
        self, stream: TextIO, title: str, total: int, estimate: Estimate, trace: Trace
    ) -> None:
        # Imported late, as for the bar.
        from rich.console import Console
        from rich.live import Live as RichLive

        self._title, self._total, self._estimate = title, total, estimate
        self._trace, self._first, self._begin = trace, len(trace.steps), time.time()
        self._ended = False
        self._live = RichLive(
            console=Console(file=stream), get_renderable=self._table, refresh_per_second=5
        )
        make_way(1)
        self._live.start()

    def step(self, title: str) -> None: ...

    def advance(self) -> None: ...

    def done(self) -> None:
        self._ended = True
        self._live.stop()
        make_way(-1)

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        # What is done to files has no title of its own.
        steps = [one for one in self._trace.steps[self._first :] if one.title != one.command]
        table = Table(box=None, show_header=False, padding=(0, 1), title_justify="left")
        table.title = Text(self._head(steps), style="bold")
        table.add_column("state", no_wrap=True)
        table.add_column("step", no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("seconds", justify="right", no_wrap=True, min_width=8)
        for step in self._rows(steps):
            end = step.end or time.time()
            style = {"failed": "red", "ok": "green"}.get(step.state, "") if step.end else "cyan"
            state = step.state if step.end else "runs"
            table.add_row(Text(state, style=style), Text(step.title), f"{end - step.begin:.1f} s")
        return table

    def _head(self, steps: list[StepRecord]) -> str:
        now = time.time()
        ended = sum(bool(step.end) for step in steps)
        left = "" if self._ended else in_words(self._estimate.left(now))
        seconds = f"{now - self._begin:.0f} s"
        return ", ".join(filter(None, [f"{self._title}: {ended} of {self._total}", seconds, left]))

    def _rows(self, steps: list[StepRecord]) -> Iterator[StepRecord]:
        """The last finished and all running steps; at the end the longest ones, failed steps first."""
        if self._ended:
            order = sorted(steps, key=lambda one: (one.state != "failed", one.begin - one.end))
            yield from order[: self.LONGEST]
            return
        yield from sorted((one for one in steps if one.end), key=lambda one: one.end)[-_ENDED:]
        yield from (one for one in steps if not one.end)

"""The progress display: a bar on a terminal, lines elsewhere or JSON, nothing if quiet."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from typing import Any, Protocol, TextIO

from devenv.core.estimate import Estimate, in_words
from devenv.core.events import event_line
from devenv.core.trace import Trace
from devenv.system.idle import make_way


class Progress(Protocol):
    """The interface for the executor, which calls it from several threads."""

    def step(self, title: str) -> None:
        """A step begins. title: empty for one that is not displayed."""
        ...

    def advance(self) -> None:
        """A slow step has succeeded."""
        ...

    def done(self) -> None:
        """The plan has ended, with or without success."""
        ...


_COUNT = re.compile(r"\[(\d+)/(\d+)\]")
_ENOUGH = 3


def has_count(title: str) -> bool:
    """Whether a title contains a count: ``[n/m]``."""
    return _COUNT.search(title) is not None


def time_left(title: str, elapsed: float, ended: int) -> str:
    """The estimated remaining time, for a title that contains part n of m: ``[n/m]``.

    elapsed: seconds that `ended` parts took; the remaining ones are assumed to take as long. Empty if
    these are too few. Parts that need no work are counted in n, but take no time.
    """
    match = _COUNT.search(title)
    if match is None or ended < _ENOUGH:
        return ""
    at, total = (int(number) for number in match.groups())
    return f", {in_words(elapsed / ended * (total - at + 1))}"


class Silent:
    """Displays nothing."""

    def step(self, title: str) -> None: ...

    def advance(self) -> None: ...

    def done(self) -> None: ...


class Lines:
    """Prints a line for the plan and one for each step with a title."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._say(title)

    def step(self, title: str) -> None:
        if title:
            self._say(f"  {title}")

    def advance(self) -> None: ...

    def done(self) -> None: ...

    def _say(self, text: str) -> None:
        # One write, so that lines of several threads do not mix.
        self._stream.write(f"devenv: {text}\n")
        self._stream.flush()


class Events:
    """Prints a line of JSON when the plan and each step begin, and when the plan ends."""

    def __init__(self, stream: TextIO, title: str, total: int) -> None:
        self._stream, self._ended, self._total = stream, 0, total
        self._say("plan", title)

    def step(self, title: str) -> None:
        if title:
            self._say("step", title)

    def advance(self) -> None:
        self._ended += 1

    def done(self) -> None:
        self._say("end", "")

    def _say(self, event: str, title: str) -> None:
        # One write, so that lines of several threads do not mix.
        self._stream.write(event_line(event, title, done=self._ended, total=self._total))
        self._stream.flush()


class Bar:
    """A progress bar, which disappears at the end. total: the number of slow steps.

    Its length is the time that the steps took before.
    """

    def __init__(self, stream: TextIO, title: str, total: int, estimate: Estimate) -> None:
        # Imported late: rich slows down the start-up, and most commands show no bar.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        class Weighted(RichProgress):
            """Looks at the estimate whenever it is drawn."""

            def get_renderables(self) -> Iterable[Any]:
                now = time.time()
                for task in self.tasks:
                    task.completed = estimate.done(now)
                    task.fields["left"] = in_words(estimate.left(now))
                return super().get_renderables()

        self._total, self._ended = total, 0
        description = Column(no_wrap=True, overflow="ellipsis")
        self._bar = Weighted(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=description),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._bar.add_task(title, total=estimate.total, count=f"0/{total}", left="")
        make_way(1)
        self._bar.start()

    def step(self, title: str) -> None:
        if title:
            self._bar.update(self._task, description=title)

    def advance(self) -> None:
        self._ended += 1
        self._bar.update(self._task, count=f"{self._ended}/{self._total}")

    def done(self) -> None:
        self._bar.stop()
        make_way(-1)


def make_progress(
    title: str,
    total: int,
    estimate: Estimate,
    trace: Trace,
    *,
    quiet: bool = False,
    events: bool = False,
    live: bool = False,
    stream: TextIO | None = None,
) -> Progress:
    """The display that suits `stream` (default: the current standard error)."""
    stream = stream or sys.stderr
    if events:
        return Events(stream, title, total)
    if quiet:
        return Silent()
    if not stream.isatty():
        return Lines(stream, title)
    if live:
        from devenv.system.live import Live

        return Live(stream, title, total, estimate, trace)
    return Bar(stream, title, total, estimate)

"""What a person sees while steps run: a bar on a terminal, lines elsewhere, nothing when quiet."""

from __future__ import annotations

import re
import sys
from typing import Protocol, TextIO


class Progress(Protocol):
    """Told by the executor, from several threads at once."""

    def step(self, title: str) -> None:
        """A step begins; title: empty for one that is not worth a line."""
        ...

    def advance(self) -> None:
        """One of the steps that take time has ended well."""
        ...

    def done(self) -> None:
        """All is over, well or not."""
        ...


_COUNT = re.compile(r"\[(\d+)/(\d+)\]")
_ENOUGH = 3


def counted(title: str) -> bool:
    """Whether a title says how far a work is: ``[n/m]``."""
    return _COUNT.search(title) is not None


def time_left(title: str, elapsed: float, ended: int) -> str:
    """What is left of a work that is at the n-th of m parts, as `title` says ([n/m]).

    elapsed: seconds that `ended` parts took, which those to come are taken to need as well. Empty
    where these are too few to tell: what need not be done is counted in n, but takes no time.
    """
    found = _COUNT.search(title)
    if found is None or ended < _ENOUGH:
        return ""
    at, total = (int(number) for number in found.groups())
    left = elapsed / ended * (total - at + 1)
    return f", about {left:.0f} s left" if left < 100 else f", about {left / 60:.0f} min left"


class Silent:
    """Says nothing."""

    def step(self, title: str) -> None: ...

    def advance(self) -> None: ...

    def done(self) -> None: ...


class Lines:
    """A line for the whole and for each step that has a title."""

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


class Bar:
    """A bar that is gone when all is done. total: the steps that take time."""

    def __init__(self, stream: TextIO, title: str, total: int) -> None:
        # Late: rich costs start-up, and most calls show no bar.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._bar.add_task(title, total=total)
        self._bar.start()

    def step(self, title: str) -> None:
        if title:
            self._bar.update(self._task, description=title)

    def advance(self) -> None:
        self._bar.advance(self._task)

    def done(self) -> None:
        self._bar.stop()


def make_progress(
    title: str, total: int, *, quiet: bool = False, stream: TextIO | None = None
) -> Progress:
    """The one that suits `stream` (default: standard error, as it is at this moment)."""
    stream = stream or sys.stderr
    if quiet:
        return Silent()
    return Bar(stream, title, total) if stream.isatty() else Lines(stream, title)

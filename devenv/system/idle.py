"""An activity line on the terminal, while a command works and shows nothing else."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

_idle: list[Idle] = []
"""The line of this process, if any."""


class Idle:
    """An animated line on a terminal, while a command works and shows nothing else.

    It appears after `AFTER` seconds, gives way to any other display or message, and disappears at the
    end.
    """

    AFTER = 0.4
    EVERY = 0.2
    SIGNS = "|/-\\"

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream, self._title, self._started = stream, title, time.monotonic()
        self.lock, self._end = threading.RLock(), threading.Event()
        self._paused, self._shown, self._turn = 0, False, 0
        self.stage, self.phases = "", list[str]()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Idle:
        self._kept = sys.stdout, sys.stderr
        streams: Any = _Above(sys.stdout, self), _Above(sys.stderr, self)
        sys.stdout, sys.stderr = streams
        _idle.append(self)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        _idle.remove(self)
        sys.stdout, sys.stderr = self._kept
        self.clear()

    def pause(self, more: int) -> None:
        """Give way to another display (1), until it ends (-1)."""
        with self.lock:
            self._paused += more
            self.clear()

    def clear(self) -> None:
        """Remove the line from the screen."""
        with self.lock:
            if self._shown:
                self._shown = False
                self._write("\r\033[K")

    def _run(self) -> None:
        wait = self.AFTER
        while not self._end.wait(wait):
            wait = self.EVERY
            with self.lock:
                if not self._paused:
                    self._draw()

    def _draw(self) -> None:
        self._turn, self._shown = self._turn + 1, True
        seconds = time.monotonic() - self._started
        width = shutil.get_terminal_size().columns - 1
        sign = self.SIGNS[self._turn % len(self.SIGNS)]
        title = ": ".join(filter(None, [self._title, *(self.phases[-1:] or [self.stage])]))
        time_taken = f"  {seconds:.0f} s"
        self._write(f"\r{sign} {title[: width - len(time_taken) - 2]}{time_taken}\033[K")

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            self._stream.write(text)
            self._stream.flush()


class _Above:
    """A stream whose text replaces the idle line."""

    def __init__(self, stream: TextIO, idle: Idle) -> None:
        self._stream, self._idle = stream, idle

    def write(self, text: str) -> int:
        with self._idle.lock:
            self._idle.clear()
            return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """Within the block the idle line has this title too: what takes the time."""
    shown = _idle[-1:]
    for idle in shown:
        idle.phases.append(title)
    try:
        yield
    finally:
        for idle in shown:
            idle.phases.remove(title)


def begin_stage(title: str) -> bool:
    """From now on the idle line has this title, where no phase has another. False: there is no line."""
    for idle in _idle:
        idle.stage = title
    return bool(_idle)


@contextmanager
def terminal_of_others() -> Iterator[None]:
    """Within the block the terminal belongs to another: a command in the foreground, or a question."""
    make_way(1)
    try:
        yield
    finally:
        make_way(-1)


def make_way(more: int) -> None:
    """Tell the idle line that another display begins (1) or ends (-1)."""
    for idle in _idle:
        idle.pause(more)

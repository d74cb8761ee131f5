"""The job slots of a surrounding GNU make, which all its children share.

Source: GNU make's manual, "Job Slots" and "POSIX Jobserver". Each child of make has one slot; for each
further process it reads a byte from make's pipe, and writes it back afterwards.
"""

from __future__ import annotations

import os
import re
import select
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

_AUTH = re.compile(r"--jobserver-(?:auth|fds)=(?:fifo:(\S+)|(\d+),(\d+))")
_SERIAL = re.compile(r"(?:^|\s)-\w*j1(?:\s|$)")
_GLANCE = 0.2
"""Seconds between checks whether a slot is still wanted."""

Slot = bytes | None
"""A byte of make's pipe, or None: our own slot."""


class Slots:
    """Job slots of a make, for our threads. most: the limit, 0 for none.

    reading, writing: the ends of make's pipe; negative: only our own slot is available.
    """

    def __init__(self, most: int = 0, reading: int = -1, writing: int = -1) -> None:
        self.most = most
        self._reading, self._writing = reading, writing
        self._own = threading.Lock()

    @contextmanager
    def one(self, unwanted: Callable[[], bool]) -> Iterator[None]:
        """Hold a slot in the block. unwanted: whether to continue without one, because everything is
        being stopped.
        """
        if self._reading < 0:
            yield
            return
        slot = self._take(unwanted)
        try:
            yield
        finally:
            self._give(slot)

    def _take(self, unwanted: Callable[[], bool]) -> Slot | None:
        """Wait for a slot; b"" if it became unwanted."""
        while not unwanted():
            if self._own.acquire(blocking=False):
                return None
            if select.select([self._reading], [], [], _GLANCE)[0]:
                with suppress(BlockingIOError):  # another child of make was quicker
                    return os.read(self._reading, 1)
        return b""

    def _give(self, slot: Slot) -> None:
        if slot is None:
            self._own.release()
        elif slot:
            os.write(self._writing, slot)


@contextmanager
def slots(environ: Mapping[str, str]) -> Iterator[Slots]:
    """The slots in MAKEFLAGS. Unlimited outside of make, and in a make without -j.

    One, if make is serial (-j1), or has slots but did not pass them: to a recipe line without + and
    $(MAKE). A recursive make does the same.
    """
    flags = environ.get("MAKEFLAGS", "")
    matches = _AUTH.findall(flags)
    if not matches:
        yield Slots(most=1 if _SERIAL.search(flags) else 0)
        return
    fifo, reading, writing = matches[-1]
    opened = _open(fifo, reading, writing)
    try:
        yield Slots(0, *opened) if opened else Slots(most=1)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _open(fifo: str, reading: str, writing: str) -> tuple[int, ...]:
    """Reopens the ends of the pipe, to read without blocking and without changing make's own."""
    names = (fifo, fifo) if fifo else (f"/dev/fd/{reading}", f"/dev/fd/{writing}")
    opened: list[int] = []
    try:
        for name, mode in zip(names, (os.O_RDONLY | os.O_NONBLOCK, os.O_WRONLY), strict=True):
            opened.append(os.open(name, mode | os.O_CLOEXEC))
            if not stat.S_ISFIFO(os.fstat(opened[-1]).st_mode):
                raise OSError
    except OSError:
        for descriptor in opened:
            os.close(descriptor)
        return ()
    return tuple(opened)

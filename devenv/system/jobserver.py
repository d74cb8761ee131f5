"""The slots of a surrounding GNU make: what it allows at once, all its children share.

Source: GNU make's manual, "Job Slots" and "POSIX Jobserver". A child of make owns one slot by being
there; for each process more it takes a byte out of make's pipe, and puts the same byte back.
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
"""Seconds after which one who waits for a slot looks whether it is still wanted."""

Slot = bytes | None
"""A byte of make's pipe, or None: our own slot."""


class Slots:
    """Slots of one make, for threads of ours. most: at once, 0 for any number.

    reading, writing: ends of make's pipe; negative: there is none, and only our own slot counts.
    """

    def __init__(self, most: int = 0, reading: int = -1, writing: int = -1) -> None:
        self.most = most
        self._reading, self._writing = reading, writing
        self._own = threading.Lock()

    @contextmanager
    def one(self, unwanted: Callable[[], bool]) -> Iterator[None]:
        """Hold a slot within the block. unwanted: whether to go on without, since all is to end."""
        if self._reading < 0:
            yield
            return
        slot = self._take(unwanted)
        try:
            yield
        finally:
            self._give(slot)

    def _take(self, unwanted: Callable[[], bool]) -> Slot | None:
        """b"" where it became unwanted."""
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
    """What MAKEFLAGS says. Without a make around us, or under one without -j: any number.

    One, where make is serial (-j1), and where it has slots but gave us none: a line of a recipe that
    does not begin with + and does not name $(MAKE). So does a make within make.
    """
    flags = environ.get("MAKEFLAGS", "")
    found = _AUTH.findall(flags)
    if not found:
        yield Slots(most=1 if _SERIAL.search(flags) else 0)
        return
    fifo, reading, writing = found[-1]
    opened = _open(fifo, reading, writing)
    try:
        yield Slots(0, *opened) if opened else Slots(most=1)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _open(fifo: str, reading: str, writing: str) -> tuple[int, ...]:
    """The pipe's ends anew, so that we may read without waiting and make's own stay as they are."""
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

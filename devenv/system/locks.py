"""Locks between processes, also of other hosts that share the disk. A waiting one names the holder."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from devenv.core.errors import StateError
from devenv.system.files import remove, write_text
from devenv.system.idle import phase
from devenv.system.os_errors import reporting
from devenv.system.redaction import redacted

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOR_EVER = -1.0
_MOMENT = 0.2


@dataclass(frozen=True)
class Holder:
    """The holder of a lock. since: local time. command: as typed, without secrets."""

    pid: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host} since {self.since}: {self.command}"


@contextmanager
def locked(path: Path, what: str, wait: float = FOR_EVER) -> Iterator[None]:
    """Hold the lock file `path` within the block. what: for messages ("environment neocortex").

    wait: seconds; if another process holds it longer, StateError with that process. The kernel releases
    the lock (flock) when its holder ends, in any way. Reading needs no lock.
    """
    from filelock import FileLock

    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False)
        _acquire(lock, path, what, wait)
    try:
        # The note is only informative: if the disk is full, a later step reports it.
        with suppress(StateError):
            write_text(_note(path), json.dumps(asdict(_ourselves())))
        yield
    finally:
        # Before the release: after it, the note could be the next holder's.
        with suppress(StateError):
            remove(_note(path))
        lock.release()


def _acquire(lock: BaseFileLock, path: Path, what: str, wait: float) -> None:
    from filelock import Timeout

    # No message for short waits.
    with suppress(Timeout):
        lock.acquire(timeout=_MOMENT, poll_interval=_MOMENT / 4)
        return
    print(f"devenv: waiting for {what}, held by {_holder(path)}", file=sys.stderr, flush=True)
    try:
        with phase(f"waiting for {what}"):
            lock.acquire(timeout=wait, poll_interval=_MOMENT)
    except Timeout:
        raise StateError(
            f"{what} is in use by {_holder(path)}", fix="Wait until it has ended, or end it."
        ) from None


def _note(path: Path) -> Path:
    """A file next to the lock, since the library may truncate the lock file itself."""
    return path.with_name(path.name + ".holder")


def _holder(path: Path) -> str:
    try:
        return str(Holder(**json.loads(_note(path).read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return "another process"


def _ourselves() -> Holder:
    since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    command = shlex.join(["devenv", *sys.argv[1:]])
    return Holder(os.getpid(), socket.gethostname(), since, redacted(command, os.environ))

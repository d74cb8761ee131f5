"""Locks between processes, also on other hosts that share the disk: who waits is told for whom."""

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
from devenv.system.files import remove, reporting, write_text
from devenv.system.redaction import redacted

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOR_EVER = -1.0
_MOMENT = 0.2


@dataclass(frozen=True)
class Holder:
    """Who holds a lock. since: local time; command: as it was typed, without secrets."""

    pid: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid} on {self.host} since {self.since}: {self.command}"


@contextmanager
def locked(path: Path, what: str, wait: float = FOR_EVER) -> Iterator[None]:
    """Hold the lock file `path` within the block. what: for people ("environment neocortex").

    wait: seconds; where another process holds it longer: StateError, naming that process. The lock
    is the kernel's (flock), so that it ends with its holder, however that dies. Reading needs none.
    """
    from filelock import FileLock

    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, thread_local=False)
        _acquire(lock, path, what, wait)
    try:
        # The note is for people alone: a full disk is told by whoever writes something that counts.
        with suppress(StateError):
            write_text(_note(path), json.dumps(asdict(_ourselves())))
        yield
    finally:
        # Before the lock goes: behind it, the note could be the next holder's.
        with suppress(StateError):
            remove(_note(path))
        lock.release()


def _acquire(lock: BaseFileLock, path: Path, what: str, wait: float) -> None:
    from filelock import Timeout

    # Who comes and goes within a moment is not worth a line.
    with suppress(Timeout):
        lock.acquire(timeout=_MOMENT, poll_interval=_MOMENT / 4)
        return
    print(f"devenv: waiting for {what}, held by {_holder(path)}", file=sys.stderr, flush=True)
    try:
        lock.acquire(timeout=wait, poll_interval=_MOMENT)
    except Timeout:
        raise StateError(
            f"{what} is in use by {_holder(path)}", fix="Wait until it has ended, or end it."
        ) from None


def _note(path: Path) -> Path:
    """Beside the lock: the lock file itself is the library's, which may empty it."""
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

"""Ends a process of the library whose server has fallen silent: the library itself waits without an end.

Its own timeout is for a whole transfer, and would end a slow one as well. A process that waits for a
server reads and writes no file, uses no processor and runs no other process. A second process looks
for that: the library may hold Python's lock while it waits.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devenv.core.errors import StepError, UnreachableError
from devenv.products.conda.answering import timeout_of

_SERVER = re.compile(r"(?:https?|s3)://[^/\s\"'\\]+")
_WORDS = re.compile(r"no data from .+ within [\d.]+ s")
_FIX = "Check the network and run it again. DEVENV_HTTP_TIMEOUT sets the limit, in seconds."
_BYTES, _TICKS = 1024, 5
"""Less than this, in bytes and in clock ticks of the processor, is no progress."""


def servers_of(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The servers that a request names, in the addresses in it."""
    return tuple(dict.fromkeys(_SERVER.findall(json.dumps(request))))


def watch(request: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """From now on this process ends where a server is silent, and the last line of its output says so.

    Without servers in the request, or without /proc, nothing is watched.
    """
    servers, worker = servers_of(request), os.getpid()
    if not servers or not Path(f"/proc/{worker}/io").exists():
        return
    limit = timeout_of(environ)
    # It is readable as soon as this process has ended, however it ended.
    ended, held = os.pipe()
    if os.fork():
        os.close(ended)
        return
    os.close(held)
    try:
        if _is_silent(worker, limit, ended):
            message = f"no data from {', '.join(servers)} within {limit:g} s"
            print(f"error: {message}", flush=True)
            os.kill(worker, signal.SIGKILL)
    finally:
        os._exit(0)


def _is_silent(worker: int, limit: float, ended: int) -> bool:
    """Wait until a process makes no progress for so long: True; or until it has ended: False."""
    seen, since = _progress(worker), time.monotonic()
    while time.monotonic() - since < limit:
        if select.select([ended], [], [], min(limit / 10, 1.0))[0]:
            return False
        now = _progress(worker)
        if now is None or seen is None:
            return False
        if now[0] - seen[0] >= _BYTES or now[1] - seen[1] >= _TICKS or _has_children(worker):
            seen, since = now, time.monotonic()
    return True


def _progress(pid: int) -> tuple[int, int] | None:
    """Bytes read and written, and ticks of the processor; None where the process has ended."""
    try:
        io = Path(f"/proc/{pid}/io").read_text(encoding="ascii").split()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(io[1]) + int(io[3]), int(stat[11]) + int(stat[12])


def _has_children(pid: int) -> bool:
    """Whether it runs processes besides the one that watches it."""
    try:
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = {one for path in tasks for one in path.read_text(encoding="ascii").split()}
    except OSError:
        return False
    return bool(children - {str(os.getpid())})


@contextmanager
def silence_reported() -> Iterator[None]:
    """UnreachableError in place of the StepError of a process that was ended here."""
    try:
        yield
    except StepError as error:
        found = _WORDS.search(error.what)
        if found is None:
            raise
        raise UnreachableError(found[0], fix=_FIX) from None

"""Ends a process of the library if its server stops answering: the library would wait without a limit.

Its own timeout is for a whole transfer, and would also end slow ones. A second process watches, as the
library may hold Python's lock while it waits.
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
from devenv.system.activity import activity

_SERVER = re.compile(r"(?:https?|s3)://[^/\s\"'\\]+")
_WORDS = re.compile(r"no data from .+ within [\d.]+ s")
_FIX = "Check the network and run it again. DEVENV_HTTP_TIMEOUT sets the limit, in seconds."


def servers_of(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The servers in the addresses of a request."""
    return tuple(dict.fromkeys(_SERVER.findall(json.dumps(request))))


def watch(request: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """End this process if a server stops answering from now on. Its last line of output says so.

    Without servers in the request, or without /proc, it is not watched.
    """
    servers, worker = servers_of(request), os.getpid()
    if not servers or not Path(f"/proc/{worker}/io").exists():
        return
    # It imports urllib, and every start of devenv's imports this module.
    from devenv.system.answers import timeout_of

    limit = timeout_of(environ)
    # The pipe becomes readable as soon as this process has ended, in any way.
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
    """Wait until a process makes no progress for `limit` seconds (True), or has ended (False).

    One that runs other processes makes progress, whatever these do.
    """
    before, since = activity(worker, without=os.getpid()), time.monotonic()
    while time.monotonic() - since < limit:
        if select.select([ended], [], [], min(limit / 10, 1.0))[0]:
            return False
        now = activity(worker, without=os.getpid())
        if now is None or before is None:
            return False
        if now.beyond(before) or len(now.ids) > 1:
            before, since = now, time.monotonic()
    return True


@contextmanager
def silence_reported() -> Iterator[None]:
    """Convert the StepError of a process that was ended here to an UnreachableError."""
    try:
        yield
    except StepError as error:
        match = _WORDS.search(error.what)
        if match is None:
            raise
        raise UnreachableError(match[0], fix=_FIX) from None

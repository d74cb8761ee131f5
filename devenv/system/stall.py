"""Ends a command whose server stopped answering: container engines would wait for it without a limit.

A time limit for the whole transfer would also end slow ones.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from devenv.core.errors import UnreachableError
from devenv.system.activity import Activity, activity
from devenv.system.answers import timeout_of


class Patience:
    """Raises UnreachableError once a process made no progress for $DEVENV_HTTP_TIMEOUT seconds.

    server: its name, for the message. Call it often, with the process's ID.
    """

    def __init__(self, server: str, environ: Mapping[str, str]) -> None:
        self.server, self.limit = server, timeout_of(environ)
        self._last: Activity | None = None
        self._since = time.monotonic()

    def __call__(self, pid: int) -> None:
        now = activity(pid)
        if now is None or self._last is None or now.beyond(self._last):
            self._last, self._since = now, time.monotonic()
        elif time.monotonic() - self._since >= self.limit:
            raise UnreachableError(
                f"{self.server} stopped answering: nothing was transferred for {self.limit:g} s",
                fix="Nothing was lost: check the network, and run the same command again. A slow"
                " server: raise $DEVENV_HTTP_TIMEOUT.",
            )

"""TCP ports for the servers of the tests."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """One that nobody has now, and that the system gives to no client meanwhile."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 1000):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")

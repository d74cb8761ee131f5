"""A TCP proxy that stops forwarding, or closes, in the middle of a transfer to or from a server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Proxy:
    """Forwards connections to a port of this machine, with at most `limit` bytes in both directions.

    Then it closes them (`closes`), or keeps them and neither reads nor answers. pace: the most bytes per
    second that are sent.
    """

    def __init__(self, behind: int, limit: float, closes: bool, pace: float) -> None:
        self._behind, self._limit, self._closes, self._pace = behind, limit, closes, pace
        self._lock, self._bytes, self.ended = Lock(), 0, Event()
        # A small buffer, so that nothing is taken that the server does not read.
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(64)
        self.port = int(self.server.getsockname()[1])

    @property
    def stalled(self) -> bool:
        return self._bytes >= self._limit

    def _count(self, data: bytes) -> None:
        with self._lock:
            self._bytes += len(data)

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.server.accept()
                server = socket.create_connection(("127.0.0.1", self._behind))
                Thread(target=self._forward, args=(client, server), daemon=True).start()
                Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client, server:
            while not self.stalled and (data := client.recv(1 << 14)):
                self._count(data)
                if self._pace:
                    time.sleep(len(data) / self._pace)
                server.sendall(data)
            if self.stalled and not self._closes:
                self.ended.wait()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if self.stalled:
                    return
                self._count(data)
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)


@contextmanager
def stalling(
    behind: int, limit: float = float("inf"), *, closes: bool = False, pace: float = 0.0
) -> Iterator[Proxy]:
    """A proxy in front of the server at the port `behind`."""
    proxy = Proxy(behind, limit, closes, pace)
    Thread(target=proxy.accept, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy.server.close()

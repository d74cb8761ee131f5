"""A person at a terminal: what is typed, and the screen as it is over time."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path
from struct import pack
from tempfile import TemporaryFile
from termios import TIOCSCTTY, TIOCSWINSZ

from support import Devenv, plain_environ

_SPIN = """
import time
while True:
    begin = time.monotonic()
    sum(range(800_000))  # 0.02 s on a processor of 2020
    end = time.monotonic()
    print(begin, end, (end - begin) / 0.02, flush=True)
    time.sleep(0.1)
"""


@dataclass
class Load:
    """How much longer than on an idle, fast machine a process takes. samples: (begin, end, factor)."""

    samples: list[tuple[float, float, float]] = field(default_factory=list)

    def factor(self, begin: float, end: float) -> float:
        """The worst between two times of the monotonic clock; at least 1."""
        near = [f for b, e, f in self.samples if e > begin - 0.5 and b < end + 0.5]
        return max([1.0, *near])


@contextmanager
def measured_load() -> Iterator[Load]:
    """Within the block a process measures the load; the samples are complete after it."""
    load = Load()
    with TemporaryFile("w+") as out:
        spin = subprocess.Popen([sys.executable, "-c", _SPIN], stdout=out)
        try:
            yield load
        finally:
            spin.terminate()
            spin.wait()
            out.seek(0)
            rows = [line.split() for line in out if line.endswith("\n")]
            load.samples += [(float(b), float(e), float(f)) for b, e, f in rows]


def until_closed(leader: int) -> str:
    """All that is written to a terminal until nobody has it open; `leader` is closed then."""
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # that is how a terminal says so
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    return text.decode().replace("\r\n", "\n")


@dataclass
class Terminal:
    """One program in a terminal of its own. seen: (seconds since its start, text) as it came."""

    leader: int
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    seen: list[tuple[float, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece for _, piece in self.seen).replace("\r\n", "\n")

    def type(self, text: str) -> None:
        os.write(self.leader, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C: to all that runs in the foreground."""
        self.type("\x03")

    def until(self, words: str, seconds: float = 300) -> str:
        """Read until `words` are on the screen; what is there."""
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"never said {words!r}: {self.text}"
            if not self._read(0.1):
                break
        assert words in self.text, self.text
        return self.text

    def watch(self, seconds: float, words: str | None = None) -> None:
        """Read for so long, or until it ends, or `words` are on the screen."""
        end, before = time.monotonic() + seconds, len(self.text)
        while time.monotonic() < end and self._read(0.1):
            if words and words in self.text[before:]:
                break

    def end(self, seconds: float = 300) -> int:
        """Read until it ends; its exit code."""
        end = time.monotonic() + seconds
        while self._read(0.1):
            assert time.monotonic() < end, self.text
        code = self.process.wait(60)
        os.close(self.leader)
        return code

    def _read(self, seconds: float) -> bool:
        """False at the end."""
        ready, _, _ = select.select([self.leader], [], [], seconds)
        if not ready:
            return True
        try:
            piece = os.read(self.leader, 65536)
        except OSError:  # the other end is closed: that is how a terminal says so
            return False
        self.seen.append((time.monotonic() - self.started, piece.decode(errors="replace")))
        return bool(piece)


def terminal(
    devenv: Devenv, *arguments: object, columns: int = 80, cwd: Path | None = None, **variables: str
) -> Terminal:
    """devenv, started in a terminal so wide."""
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ}
    command = [sys.executable, "-m", "devenv", *map(str, arguments)]
    return in_terminal(
        command, {**environ, **variables}, columns=columns, cwd=cwd or devenv.home.parent
    )


def _controlled() -> None:
    """The terminal of standard input is that of the new session: shells need one, and Ctrl-C."""
    ioctl(0, TIOCSCTTY, 0)


def in_terminal(
    command: list[str], environ: Mapping[str, str], *, columns: int = 80, cwd: Path | None = None
) -> Terminal:
    """Any command, likewise."""
    leader, follower = pty.openpty()
    ioctl(leader, TIOCSWINSZ, pack("HHHH", 24, columns, 0, 0))
    variables = {k: v for k, v in environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, cwd=cwd,
        env={**variables, "TERM": "xterm-256color"}, start_new_session=True,
        preexec_fn=_controlled,  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    os.close(follower)
    return Terminal(leader, process)

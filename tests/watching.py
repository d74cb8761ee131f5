"""`devenv build --watch` in the background."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import Devenv, plain_environ


@dataclass(frozen=True)
class Watch:
    """log: what it has printed so far."""

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, text: str, count: int) -> None:
        """Wait for the text to be printed so many times."""
        deadline = time.monotonic() + 600
        while self.log.read_text().count(text) < count:
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)

    def until_built(self, count: int) -> None:
        self.until("Ctrl-C ends it", count)


@contextmanager
def watching(devenv: Devenv, name: str, log: Path) -> Iterator[Watch]:
    """Watch an environment; Ctrl-C at the end of the block, which has to end it in peace."""
    argv = [sys.executable, "-m", "devenv", "-q", "build", name, "--watch"]
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ}
    with log.open("w") as out:
        process = subprocess.Popen(argv, env=environ, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield Watch(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(120)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0
    assert "is not watched any more" in log.read_text()
    assert "Traceback" not in log.read_text()

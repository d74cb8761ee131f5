"""Runs the commands of a plan: logs their output by line, and can end all of them."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devenv.core.plan import Run, describe
from devenv.system.failures import decoded, failure
from devenv.system.os_errors import reporting
from devenv.system.process import end, forget, start
from devenv.system.progress import has_count, time_left
from devenv.system.redaction import redacted

_KEPT = 2000
"""The number of output lines that are kept to explain a failure."""

_GLANCE = 0.2
"""Seconds between checks of a process without output."""


class Stopped(Exception):
    """Another chain failed, or the user interrupted: no further step starts."""


class Runner:
    """Runs commands, from several threads at once, until it is stopped.

    environ: their variables. log: the file for the output of steps without their own log.
    """

    def __init__(self, environ: Mapping[str, str], log: Path | None = None) -> None:
        self._environ = environ
        self._log = str(log) if log else ""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.stopped = False

    def stop(self) -> None:
        """End all running commands with their children; no further one starts."""
        with self._lock:
            self.stopped = True
            running = tuple(self._running)
        end(*running)

    def shown(self, step: Run) -> str:
        """The step as a line of shell, without secrets."""
        return redacted(describe(step), _merged(self._environ, step))

    def run(self, step: Run, tell: Callable[[str], None] = lambda _title: None) -> None:
        """Run one command to its end. StepError if it fails, Stopped if it was ended.

        tell: is called with what `step.shows` matches.
        """
        environ = _merged(self._environ, step)
        log = step.log or self._log
        with _appending(log) as write:
            write(f"$ {redacted(describe(step), environ)}")
            watch = _watch(step, environ)
            process = self._start(step, environ)
            try:
                kept = _follow(process, _each(write, environ, step.shows, tell), watch)
            except BaseException:
                end(process)
                raise
            finally:
                self._forget(process)
        if process.returncode:
            if self.stopped:
                raise Stopped
            raise failure(step.argv, process.returncode, kept, environ, title=step.title, log=log)

    def _start(self, step: Run, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        # Under the lock, so that `stop` knows every process that is started.
        with self._lock:
            if self.stopped:
                raise Stopped
            process = start(
                step.argv,
                environ=environ,
                cwd=step.cwd or None,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            self._running.add(process)
            return process

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)
        forget(process)
        if process.stdout:
            process.stdout.close()


def _merged(environ: Mapping[str, str], step: Run) -> dict[str, str]:
    """The variables with those of the step; an empty value removes one."""
    own = dict(step.env)
    return {name: value for name, value in {**environ, **own}.items() if value or name not in own}


@contextmanager
def _appending(log: str) -> Iterator[Callable[[str], None]]:
    """A function that appends a line to the log, in one write so that lines do not mix."""
    if not log:
        yield lambda _line: None
        return
    with reporting(log):
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        with Path(log).open("ab", buffering=0) as file:
            yield lambda line: _written(file.write(f"{line}\n".encode("utf-8", "backslashreplace")))


def _each(
    write: Callable[[str], None],
    environ: Mapping[str, str],
    shows: str,
    tell: Callable[[str], None],
) -> Callable[[str], None]:
    """The function that handles a line of output."""
    begins: list[float] = []

    def line(text: str) -> None:
        write(redacted(text, environ))
        match = re.search(shows, text) if shows else None
        if match:
            title = " ".join(filter(None, match.groups()))
            if has_count(title):
                begins.append(time.monotonic())
                title += time_left(title, begins[-1] - begins[0], len(begins) - 1)
            tell(title)

    return line


def _written(_count: int) -> None: ...


def _watch(step: Run, environ: Mapping[str, str]) -> Callable[[int], None]:
    if not step.server:
        return lambda _pid: None
    # It imports urllib, which few plans need.
    from devenv.system.stall import Patience

    return Patience(step.server, environ)


def _follow(
    process: subprocess.Popen[bytes], tell: Callable[[str], None], watch: Callable[[int], None]
) -> list[str]:
    """Pass each line of output to `tell` until the process ends; returns the last lines.

    watch: is called with its ID while it has no output.
    """
    kept: deque[str] = deque(maxlen=_KEPT)
    for line in _lines(process, watch):
        kept.append(line)
        tell(line)
    process.wait()
    return list(kept)


def _lines(process: subprocess.Popen[bytes], watch: Callable[[int], None]) -> Iterator[str]:
    """The lines of output as they come, until the process ends.

    It does not wait for the end of the pipe, which a server that the command started (ccache, a
    compiler daemon) would keep open for hours.
    """
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(_GLANCE):
                chunk = os.read(process.stdout.fileno(), 1 << 16)
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                yield from map(decoded, lines)
            elif process.poll() is not None:
                break
            else:
                watch(process.pid)
    if rest:
        yield decoded(rest)

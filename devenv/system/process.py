"""Processes: each in a group of its own, so that all that it started can be ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

from devenv.core.errors import DevenvError, PreconditionError, StateError, StepError
from devenv.system.redaction import redacted

GRACE = 3.0
"""Seconds that a process has between the request to end and its being killed."""


@dataclass(frozen=True)
class Completed:
    """What a process left: its exit code (negative: the signal that ended it) and its output."""

    returncode: int
    stdout: str
    stderr: str


def start(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    **streams: Any,
) -> subprocess.Popen[bytes]:
    """Start a process that leads a group of its own and reads nothing. environ None: ours.

    PreconditionError where there is no such command, StateError where cwd is not there. The command
    is looked up along the PATH of `environ`.
    """
    try:
        return subprocess.Popen(
            argv,
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )
    except OSError as error:
        raise _not_started(argv, error, cwd) from None


def _not_started(
    argv: Sequence[str], error: OSError, cwd: str | os.PathLike[str] | None
) -> DevenvError:
    if cwd is not None and not os.path.isdir(cwd):  # noqa: PTH112
        return StateError(f"{os.fspath(cwd)} is no folder", fix=f"{argv[0]} was to run there.")
    if isinstance(error, FileNotFoundError):
        return PreconditionError(
            f"the command {argv[0]!r} was not found", fix="Install it, or put it on PATH."
        )
    if isinstance(error, PermissionError):
        return PreconditionError(
            f"{argv[0]!r} cannot be executed: permission denied",
            fix="Check its rights, and that its disk is not mounted noexec.",
        )
    return StateError(f"{argv[0]!r} cannot be started: {error.strerror}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group: asked first, killed where they do not."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    # Its children may outlive it; the group's number is not given away while one of them is there.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    text: str = "",
) -> Completed:
    """Run a command to its end, whatever its exit code. text: its standard input.

    Interrupted, it takes all that it started along.
    """
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with interruptible():
        process = start(argv, environ=environ, cwd=cwd, **streams)
        try:
            out, err = process.communicate()
        except BaseException:
            end(process)
            raise
        finally:
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
    return Completed(process.returncode, decoded(out), decoded(err))


def capture(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
) -> str:
    """The standard output of a command; StepError, with its last words, where it fails."""
    done = run(argv, environ=environ, cwd=cwd)
    if done.returncode:
        raise failure(argv, done.returncode, (done.stderr or done.stdout).splitlines(), environ)
    return done.stdout

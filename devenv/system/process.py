"""Processes: each in a group of its own, so that all that it started can be ended with it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

from devenv.core.errors import DevenvError, PreconditionError, StateError
from devenv.system.failures import decoded, failure, shell_code
from devenv.system.guardian import Guardian

Environ = Mapping[str, str] | None
"""The variables of a process; None: ours."""
Folder = str | os.PathLike[str] | None

_FIRST_LOOK = 0.5
GRACE = 3.0
"""Seconds that a process has between the request to end and its being killed."""
_GUARDIAN = Guardian(GRACE)


@dataclass(frozen=True)
class Completed:
    """What a process left: its exit code (negative: the signal that ended it) and its output.

    stdout: data, in which bytes that are not UTF-8 (names of files) survive as surrogates. stderr:
    for people, and safe to print.
    """

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

    Its group ends with us even where we are killed, until `forget` is called for it.

    PreconditionError where there is no such command, StateError where cwd is not there. The command
    is looked up along the PATH of `environ`.
    """
    try:
        process = subprocess.Popen(
            argv,
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )
    except OSError as error:
        raise _not_started(argv, error, cwd) from None
    _GUARDIAN.watch(-process.pid)
    return process


def forget(process: subprocess.Popen[bytes]) -> None:
    """A process of `start` has ended; what it left running on purpose (a server) may stay."""
    _GUARDIAN.forget(-process.pid)


def _not_started(
    argv: Sequence[str], error: OSError, cwd: str | os.PathLike[str] | None
) -> DevenvError:
    if cwd is not None and not os.path.isdir(cwd):  # noqa: PTH112
        return StateError(
            f"{os.fspath(cwd)} is not a directory", fix=f"{argv[0]} cannot run there."
        )
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


def end(*processes: subprocess.Popen[bytes]) -> None:
    """End processes and all of their groups: asked first, killed where they do not within GRACE."""
    _signal(processes, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    # Children may outlive a leader; its number is not given away while its group has a member.
    _signal(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal(processes: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def run(argv: Sequence[str], *, environ: Environ = None, cwd: Folder = None) -> Completed:
    """Run a command to its end, whatever its exit code, and keep its output apart from ours.

    Interrupted, it takes all that it started along.
    """
    with beside(argv, environ=environ, cwd=cwd) as completed:
        return completed()


def run_all(
    argvs: Iterable[Sequence[str]], *, environ: Environ = None, cwd: Folder = None
) -> list[Completed]:
    """Run commands at once, each as `run` does; what they left, in their order."""
    with ExitStack() as stack:
        started = [stack.enter_context(beside(a, environ=environ, cwd=cwd)) for a in argvs]
        return [completed() for completed in started]


@contextmanager
def beside(
    argv: Sequence[str], *, environ: Environ = None, cwd: Folder = None
) -> Iterator[Callable[[], Completed]]:
    """Run a command while the block does, as `run` does; what the block gets waits for its end.

    A block that does not wait for it, or is broken off, ends it.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with interruptible(), start(argv, environ=environ, cwd=cwd, **pipes) as process:
        try:
            yield lambda: _completed(process)
        finally:
            if process.returncode is None:
                end(process)
            forget(process)


def _completed(process: subprocess.Popen[bytes]) -> Completed:
    out, err = process.communicate()
    return Completed(process.returncode, out.decode("utf-8", "surrogateescape"), decoded(err))


def capture(argv: Sequence[str], *, environ: Environ = None, cwd: Folder = None) -> str:
    """The standard output of a command; StepError, with its last words, where it fails."""
    done = run(argv, environ=environ, cwd=cwd)
    if done.returncode:
        raise failure(argv, done.returncode, done.stderr.splitlines(), environ)
    return done.stdout


def call(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
    meanwhile: Callable[[], float] | None = None,
) -> int:
    """Run a command in the foreground, on our own terminal; its exit code, as a shell gives it.

    Ctrl-C reaches it by itself, since it shares our group: its way to end is waited for. meanwhile:
    called while it runs; it says in how many seconds again (0: not any more), or raises, which ends
    the command.
    """
    _flush()
    try:
        process = subprocess.Popen(argv, env=environ, cwd=cwd)
    except OSError as error:
        raise _not_started(argv, error, cwd) from None
    _GUARDIAN.watch(process.pid)
    with interruptible():
        try:
            _attend(process, meanwhile)
            return shell_code(process.wait())
        except BaseException:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            process.terminate()
            process.wait()
            raise
        finally:
            _GUARDIAN.forget(process.pid)


def _attend(process: subprocess.Popen[bytes], meanwhile: Callable[[], float] | None) -> None:
    pause = _FIRST_LOOK if meanwhile else 0.0
    while meanwhile and pause and not _ended_within(process, pause):
        pause = meanwhile()


def _ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ends in that time. Popen.wait looks every 50 ms; Linux's kernel says it at once."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        return process.returncode is not None
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


def exec_(argv: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become `argv`: the command takes the place of this process, with its exit code and signals."""
    _flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these, and what is ignored stays ignored: `yes | head` would not end quietly.
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], list(argv), dict(environ))
    except OSError as error:
        raise _not_started(argv, error, None) from None


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it, being terminated (a job's end) or hung up is told like Ctrl-C: KeyboardInterrupt.

    Children lead groups of their own, which the terminal's signals do not reach: they would stay.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What nohup ignores stays ignored.
    ours = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt

"""Processes, each in its own process group, so that it can be ended with all its children."""

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
from devenv.system.idle import make_way, phase, terminal_of_others

Environ = Mapping[str, str] | None
"""The environment variables of a process; None: those of this process."""
Folder = str | os.PathLike[str] | None

_FIRST_LOOK = 0.5
GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL."""
_GUARDIAN = Guardian(GRACE)


@dataclass(frozen=True)
class Completed:
    """The result of a process: its exit code (negative: the signal that ended it) and its output.

    stdout: data; bytes that are not UTF-8 (file names) are surrogates. stderr: for messages, and safe to
    print.
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
    """Start a process in its own process group, without standard input. environ: None for ours.

    If this process is killed, the group ends with it, until `forget` is called.

    PreconditionError if the command does not exist, StateError if cwd does not. The command is looked up
    on the PATH of `environ`.
    """
    _GUARDIAN.prepare()
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
    """Release a process of `start` that has ended; servers that it left running may stay."""
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
    """End processes with their groups: SIGTERM, and SIGKILL after GRACE seconds."""
    _signal(processes, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    # Children may outlive their leader. Its ID is not reused while its group has a member.
    _signal(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal(processes: Sequence[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def run(
    argv: Sequence[str],
    *,
    environ: Environ = None,
    cwd: Folder = None,
    watch: Callable[[int], None] | None = None,
) -> Completed:
    """Run a command to its end, whatever its exit code, and capture its output.

    An interrupt ends it with all its children. watch: is called with its ID while it runs; what it
    raises ends the command too.
    """
    with beside(argv, environ=environ, cwd=cwd, watch=watch) as completed:
        return completed()


def run_all(
    argvs: Iterable[Sequence[str]], *, environ: Environ = None, cwd: Folder = None
) -> list[Completed]:
    """Run commands concurrently, each as `run` does; their results in the same order."""
    with ExitStack() as stack:
        started = [stack.enter_context(beside(a, environ=environ, cwd=cwd)) for a in argvs]
        return [completed() for completed in started]


@contextmanager
def beside(
    argv: Sequence[str],
    *,
    environ: Environ = None,
    cwd: Folder = None,
    watch: Callable[[int], None] | None = None,
) -> Iterator[Callable[[], Completed]]:
    """Run a command as `run` does, in parallel with the block, which gets a function that waits for it.

    If the block does not wait for it, or is interrupted, the command is ended.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    title = " ".join([argv[0].rpartition("/")[2], *argv[1:2]])
    with (
        interruptible(),
        phase(title),
        start(argv, environ=environ, cwd=cwd, **pipes) as process,
    ):
        try:
            yield lambda: _completed(process, watch)
        finally:
            if process.returncode is None:
                end(process)
            forget(process)


def _completed(process: subprocess.Popen[bytes], watch: Callable[[int], None] | None) -> Completed:
    while True:
        try:
            out, err = process.communicate(timeout=_FIRST_LOOK if watch else None)
        except subprocess.TimeoutExpired:
            assert watch is not None
            watch(process.pid)
        else:
            text = out.decode("utf-8", "surrogateescape")
            return Completed(process.returncode, text, decoded(err))


def capture(argv: Sequence[str], *, environ: Environ = None, cwd: Folder = None) -> str:
    """The standard output of a command; StepError with its last lines if it fails."""
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
    """Run a command in the foreground, on our terminal; its exit code as a shell reports it.

    It is in our process group: Ctrl-C reaches it directly, and this waits for it. meanwhile: is called
    while the command runs; it returns the seconds until the next call (0: no more calls), or raises,
    which ends the command.
    """
    with terminal_of_others():
        return _called(argv, environ, cwd, meanwhile)


def _called(
    argv: Sequence[str],
    environ: Mapping[str, str],
    cwd: Folder,
    meanwhile: Callable[[], float] | None,
) -> int:
    _flush()
    _GUARDIAN.prepare()
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
    """Whether it ends in that time. A pidfd reports it at once; Popen.wait polls every 50 ms."""
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
    """Replace this process by the command `argv` (exec)."""
    make_way(1)
    _flush()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these, and exec keeps that: `yes | head` would not end quietly.
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
    """In the block, SIGTERM (the end of a job) and SIGHUP raise KeyboardInterrupt, as Ctrl-C does.

    Without that, children would stay: the terminal's signals do not reach their process groups.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Signals that nohup ignores stay ignored.
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

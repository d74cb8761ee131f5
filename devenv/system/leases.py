"""Leases: protect what a process uses from removal while it runs, even after an exec.

A lease is a shared kernel lock (flock) on an existing file. It writes nothing, works on read-only disks,
survives an exec, and ends with its holder, in any way.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devenv.system.idle import phase
from devenv.system.os_errors import reporting

_NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


def hold(path: Path) -> bool:
    """Lease `path` until this process, or the one it becomes by exec, has ended.

    False if it does not exist. On a disk without locks this does nothing.
    """
    descriptor = _lease(path)
    if descriptor is not None:
        os.set_inheritable(descriptor, True)
    return descriptor is not None


@contextmanager
def leased(path: Path) -> Iterator[bool]:
    """Lease `path` in the block; whether it exists, as `hold` returns."""
    descriptor = _lease(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lease(path: Path) -> int | None:
    """An open file that holds the lease; None if `path` does not exist."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    # Waits for a process that removes it: afterwards it is another file, or does not exist.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not _same(descriptor, path):
        os.close(descriptor)
        return None
    return descriptor


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


@contextmanager
def unheld(path: Path) -> Iterator[bool]:
    """Whether no process holds `path`; if so, none can in the block. True if it does not exist."""
    try:
        # NFS grants exclusive locks only on files that are open for writing.
        descriptor = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    except OSError:
        yield True
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except OSError as error:
            free = error.errno in _NO_LOCKS
        yield free
    finally:
        os.close(descriptor)


_ALONE: set[Path] = set()
"""The locks with which this process is alone: it would wait for itself."""


@contextmanager
def sharing(path: Path) -> Iterator[None]:
    """Hold a shared lock on `path`, which is created: no other process is `alone` with it meanwhile."""
    if path in _ALONE:
        yield
        return
    descriptor = _acquire(path, fcntl.LOCK_SH)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold an exclusive lock on `path`. what: for the message that names the holders during a wait."""
    descriptor = _acquire(path, fcntl.LOCK_EX, what)
    _ALONE.add(path)
    try:
        yield
    finally:
        _ALONE.discard(path)
        os.close(descriptor)


def _acquire(path: Path, how: int, what: str = "") -> int:
    """An open file with the lock. A process that is alone may remove it: then lock the new file."""
    while True:
        with reporting(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _wait(descriptor, path, how, what)
        except BaseException:
            os.close(descriptor)
            raise
        if _same(descriptor, path):
            return descriptor
        os.close(descriptor)


def _wait(descriptor: int, path: Path, how: int, what: str) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        return
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return
    who = ", ".join(holders(path)) or "another process"
    print(f"devenv: waiting for {what or path}, held by {who}", file=sys.stderr, flush=True)
    with phase(f"waiting for {what or path}"):
        fcntl.flock(descriptor, how)


def holders(path: Path) -> tuple[str, ...]:
    """The processes of this machine that hold it, for messages (Linux: /proc/locks)."""
    try:
        lines = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
        inode = str(path.stat().st_ino)
    except OSError:
        return ()
    fields = [line.split() for line in lines]
    pids = [f[4] for f in fields if f[1] == "FLOCK" and f[5].rpartition(":")[2] == inode]
    return tuple(_described(pid) for pid in dict.fromkeys(pids) if pid != str(os.getpid()))


def _described(pid: str) -> str:
    command = b""
    with suppress(OSError):
        command = Path("/proc", pid, "cmdline").read_bytes()
    words = command.decode("utf-8", "backslashreplace").split("\0")[:-1]
    return f"pid {pid}: {shlex.join(words)[:200]}" if words else f"pid {pid}"

"""Files: written whole or not at all, and every OSError told as what it means to a person."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devenv.core.errors import DevenvError, StateError

_REASONS = {
    errno.ENOSPC: (
        "the disk is full",
        "Free some space there, or set DEVENV_HOME to another disk.",
    ),
    errno.EDQUOT: (
        "your disk quota is exceeded",
        "Free some space, or set DEVENV_HOME to another disk.",
    ),
    errno.EROFS: ("the disk is read-only", "Set DEVENV_HOME to a writable directory."),
    errno.EACCES: (
        "permission denied",
        "Ask its owner, or set DEVENV_HOME to a directory of yours.",
    ),
    errno.EPERM: ("not permitted", "Ask its owner, or set DEVENV_HOME to a directory of yours."),
    errno.ENOENT: ("does not exist", "Check the path."),
    errno.ENOTDIR: ("not a directory, or inside something that is not one", "Check the path."),
    errno.EISDIR: ("is a directory", "Check the path."),
    errno.EEXIST: ("already exists", "Move it away first."),
    errno.ENOTEMPTY: ("already exists", "Move it away first."),
    errno.EXDEV: ("is on another disk", "Keep all of DEVENV_HOME on one disk."),
    errno.ELOOP: ("its links form a loop", "Fix or remove the link."),
    errno.ENAMETOOLONG: ("the name is too long", "Use a shorter path."),
}
"""What a person can mend. Other errors (EBADF, …) are bugs and keep their traceback."""


LARGEST_SOURCE = 64 << 20
"""Bytes. The largest MOD files and tables that people include are some MB."""


@contextmanager
def reporting(path: str | Path) -> Iterator[None]:
    """Any OSError within becomes a StateError that names the path and the way out.

    The path is the error's own where it has one, else `path`.
    """
    try:
        yield
    except shutil.Error as error:
        source, _, why = error.args[0][0]
        for number in (errno.ENOSPC, errno.EDQUOT):
            if os.strerror(number) in str(why):
                raise _reported(OSError(number, "", str(path)), Path(path)) from None
        raise _dangling(Path(source)) or StateError(
            f"{source} cannot be copied to {path}: {why}", fix="Check both paths."
        ) from None
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        raise _reported(error, Path(path)) from None


def _reported(error: OSError, path: Path) -> DevenvError:
    # A copy names both ends: the disk that is full is the second's.
    second = error.filename2 if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    name = second or error.filename
    place = Path(os.fsdecode(name)) if name else path
    reason, fix = _REASONS.get(error.errno or 0, (str(error), ""))
    return _dangling(place) or StateError(f"{place}: {reason}", fix=fix)


def _dangling(path: Path) -> DevenvError | None:
    if not path.is_symlink() or path.exists():
        return None
    return StateError(
        f"{path} is a link to {path.readlink()}, which does not exist",
        fix="Restore its target (a git submodule?), or remove the link.",
    )


def write_text(
    path: str | Path, text: str, executable: bool = False, private: bool = False
) -> None:
    """Write `path` by a rename: a reader sees the old text or the new. Folders above are made.

    Bytes that came in by surrogateescape go out as they were. A link is replaced, not followed.
    private: nobody but its owner may read it.
    """
    path = Path(path)
    staged = _sibling(path)
    with reporting(path), _removed_on_failure(staged):
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = (0o777 if executable else 0o666) & (0o700 if private else 0o777)
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        staged.replace(path)


def link(path: str | Path, target: str) -> None:
    """`path` becomes a link to `target` by one rename. StateError where a real file or folder is."""
    path = Path(path)
    staged = _sibling(path)
    with reporting(path), _removed_on_failure(staged):
        if exists(path) and not path.is_symlink():
            raise StateError(
                f"{path} is not a link, and is not replaced", fix="Move it away first."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.symlink_to(target)
        staged.replace(path)


def _sibling(path: Path) -> Path:
    """A name beside `path` that nobody else uses; short, since path's own may be at the limit."""
    return path.with_name(f".{os.urandom(8).hex()}")


@contextmanager
def _removed_on_failure(staged: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # The full disk is the news, not that its clean-up failed too.
        with suppress(OSError):
            staged.unlink()
        raise


def exists(path: str | Path) -> bool:
    """Whether there is anything at `path`, even a dangling link."""
    return os.path.lexists(path)


def make_folder(path: str | Path) -> None:
    """A folder, with those above it; nothing where it is there."""
    with reporting(path):
        Path(path).mkdir(parents=True, exist_ok=True)


def numbered_folder(parent: str | Path) -> Path:
    """A new folder below `parent`, named by a number of its own: also of two processes at once."""
    with reporting(parent):
        Path(parent).mkdir(parents=True, exist_ok=True)
        number = max((int(p.name) for p in Path(parent).iterdir() if p.name.isdigit()), default=0)
        while True:
            number += 1
            folder = Path(parent, str(number))
            with suppress(FileExistsError):
                folder.mkdir()
                return folder


def remove(path: str | Path) -> None:
    """Remove a file, a link (never what it points to) or a folder; nothing where it is not there."""
    path = Path(path)
    with reporting(path):
        if path.is_dir() and not path.is_symlink():
            _make_writable(path)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _make_writable(folder: Path) -> None:
    """Folders without the right to write, as a package may bring them, cannot be emptied."""
    for root, _, _ in os.walk(folder):
        if not os.access(root, os.W_OK | os.X_OK):
            Path(root).chmod(0o700)


def copy(source: str | Path, path: str | Path) -> None:
    """Copy a file, or a folder with all that is in it; links are followed, rights and dates kept.

    The owner may write the copy of a file. StateError for a dangling link, and where `path` is a folder
    already.
    """
    source, path = Path(source), Path(path)
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, path)
        else:
            shutil.copy2(source, path)
            # A store is read-only; what is made of its files is its owner's to write.
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def rename(source: str | Path, path: str | Path) -> None:
    """One rename. StateError where something is at `path` already."""
    source, path = Path(source), Path(path)
    with reporting(path):
        if exists(path):
            raise FileExistsError(errno.EEXIST, "", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        source.rename(path)


def digest(path: str | Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    found = hashlib.sha256()
    with reporting(path), Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def read_folder(folder: str | Path, suffixes: Collection[str]) -> dict[str, bytes]:
    """Name -> content of every file in `folder` (not below it) with one of `suffixes`, sorted.

    A suffix may be in capital letters. Hidden files do not count: an editor's lock is a dangling link.
    Links are followed; StateError as for `read_source`.
    """
    with reporting(folder):
        entries = sorted(p for p in Path(folder).iterdir() if not p.name.startswith("."))
    named = [p for p in entries if p.suffix.lower() in suffixes]
    return {p.name: read_source(p) for p in named if p.suffix.lower() == ".mod" or not p.is_dir()}


def read_source(path: Path) -> bytes:
    """The content of a file that somebody wrote.

    StateError for what would block, never end, or be left out without a word: a dangling link, a FIFO,
    a socket, a device, a directory, a file of more than LARGEST_SOURCE bytes.
    """
    with reporting(path):
        found = path.stat()
        kind = kind_of(found.st_mode)
        if kind != "file":
            raise StateError(f"{path} is a {kind}, not a file", fix="Rename it, or move it away.")
        if found.st_size > LARGEST_SOURCE:
            raise StateError(
                f"{path} is too large for a source file: {found.st_size >> 20} MiB",
                fix="Rename it, or move it away.",
            )
        return path.read_bytes()


def kind_of(mode: int) -> str:
    """What a file of this mode (stat's st_mode) is: file, directory, FIFO, socket or device."""
    kinds = {
        stat.S_IFREG: "file",
        stat.S_IFDIR: "directory",
        stat.S_IFIFO: "FIFO",
        stat.S_IFSOCK: "socket",
    }
    return kinds.get(stat.S_IFMT(mode), "device")


@contextmanager
def all_or_nothing(*paths: Path) -> Iterator[None]:
    """What comes to stand at `paths` within the block is removed again where the block fails."""
    new = [path for path in paths if not exists(path)]
    try:
        yield
    except BaseException:
        for path in new:
            # The failure is the news, not that something of it is left.
            with suppress(DevenvError, OSError):
                remove(path)
        raise


@contextmanager
def temporary_folder(parent: str | Path) -> Iterator[Path]:
    """A folder below `parent` (which is made) that is gone afterwards, whatever happens."""
    import tempfile

    with reporting(parent):
        Path(parent).mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(prefix="devenv-", dir=parent))
    try:
        yield path
    finally:
        remove(path)


def remove_empty(folder: str | Path, depth: int) -> None:
    """Remove the empty folders up to `depth` below `folder`, and itself where nothing is left in it.

    What is in deeper ones is not looked at: a repository, a cache of Python's, need their empty folders.
    """
    folder = Path(folder)
    levels = ["/".join("*" * level) for level in range(depth, 0, -1)]
    for path in (*(path for level in levels for path in folder.glob(level)), folder):
        with suppress(OSError):  # not a folder, not empty, or not ours to remove
            path.rmdir()


def folder_size(folder: str | Path) -> int:
    """Bytes of all files below it, or of the file itself; links count as what they are."""
    path = Path(folder)
    with reporting(path):
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_size
        return sum(p.lstat().st_size for p in path.rglob("*") if not p.is_dir())

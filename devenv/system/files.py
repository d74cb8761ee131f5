"""Files: written atomically; every OSError becomes a StateError."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devenv.core.errors import DevenvError, StateError
from devenv.system.os_errors import reporting

LARGEST_SOURCE = 64 << 20
"""Bytes. The largest known MOD files and included tables have some MB."""


def write_text(
    path: str | Path, text: str, executable: bool = False, private: bool = False
) -> None:
    """Write `path` by a rename: readers see the old text or the new one. Creates parent directories.

    Surrogates (surrogateescape) are written as their bytes. A link is replaced, not followed.
    private: only its owner may read it.
    """
    path = Path(path)
    staged = _sibling(path)
    with reporting(path), _removed_on_failure(staged, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = (0o777 if executable else 0o666) & (0o700 if private else 0o777)
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        staged.replace(path)


def link(path: str | Path, target: str) -> None:
    """Make `path` a link to `target` by one rename. StateError if it is a real file or directory."""
    path = Path(path)
    staged = _sibling(path)
    with reporting(path), _removed_on_failure(staged, path):
        if exists(path) and not path.is_symlink():
            raise StateError(
                f"{path} is not a link, and is not replaced", fix="Move it away first."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.symlink_to(target)
        staged.replace(path)


def link_files(source: str | Path, path: str | Path, names: Iterable[str]) -> None:
    """Make links in `path` to the entries `names` of `source`, in place of what `path` has."""
    for name in names:
        remove(Path(path, name))
        link(Path(path, name), str(Path(source, name)))


def _sibling(path: Path) -> Path:
    """A unique path in the directory of `path`; short, since the name of `path` may be at the limit."""
    return path.with_name(f".{os.urandom(8).hex()}")


@contextmanager
def _removed_on_failure(staged: Path, path: Path) -> Iterator[None]:
    """An error is of `path`, which `staged` is to become: nobody knows the other name."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == str(staged):
            error.filename = str(path)
        # The first failure matters, not that its clean-up failed too.
        with suppress(OSError):
            staged.unlink()
        raise


def exists(path: str | Path) -> bool:
    """Whether there is anything at `path`, even a dangling link."""
    return os.path.lexists(path)


def is_writable(path: str | Path) -> bool:
    """Whether this process may write the file or directory, on this disk."""
    return os.access(path, os.W_OK)


def make_folder(path: str | Path) -> None:
    """Create a directory and its parents, unless it exists."""
    with reporting(path):
        Path(path).mkdir(parents=True, exist_ok=True)


def next_number(parent: str | Path) -> int:
    """One more than the largest number that is the name of something in `parent`."""
    return 1 + max((int(p.name) for p in Path(parent).glob("*") if p.name.isdigit()), default=0)


def numbered_folder(parent: str | Path) -> Path:
    """Create a directory in `parent` with the next free number as its name, safe against races."""
    with reporting(parent):
        Path(parent).mkdir(parents=True, exist_ok=True)
        number = next_number(parent)
        while True:
            folder = Path(parent, str(number))
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
            number += 1


def remove(path: str | Path) -> None:
    """Remove a file, a link (never its target) or a directory, if it exists."""
    path = Path(path)
    with reporting(path):
        if path.is_dir() and not path.is_symlink():
            _make_writable(path)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _make_writable(folder: Path) -> None:
    """Packages may contain read-only directories, which cannot be emptied."""
    for root, _, _ in os.walk(folder):
        if not os.access(root, os.W_OK | os.X_OK):
            Path(root).chmod(0o700)


def copy(source: str | Path, path: str | Path) -> None:
    """Copy a file, or a directory with its content. Follows links; keeps permissions and dates.

    The copy of a file is writable for its owner. StateError for a dangling link, and if `path` is an
    existing directory.
    """
    source, path = Path(source), Path(path)
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, path)
        else:
            shutil.copy2(source, path)
            # Files of a store are read-only; a copy belongs to its owner.
            path.chmod(path.stat().st_mode | stat.S_IWUSR)


def rename(source: str | Path, path: str | Path) -> None:
    """Rename `source` to `path`. StateError if `path` exists."""
    source, path = Path(source), Path(path)
    with reporting(path):
        if exists(path):
            raise FileExistsError(errno.EEXIST, "", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        source.rename(path)


def digest(path: str | Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    total = hashlib.sha256()
    with reporting(path), Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def read_folder(folder: str | Path, suffixes: Collection[str]) -> dict[str, bytes]:
    """Name -> content of each file in `folder`, not in subdirectories, with one of `suffixes`, sorted.

    Suffixes are compared without case. Hidden files are ignored: an editor's lock is a dangling link.
    Follows links; StateError as for `read_source`.
    """
    with reporting(folder):
        entries = sorted(p for p in Path(folder).iterdir() if not p.name.startswith("."))
    named = [p for p in entries if p.suffix.lower() in suffixes]
    return {p.name: read_source(p) for p in named if p.suffix.lower() == ".mod" or not p.is_dir()}


def read_source(path: Path) -> bytes:
    """The content of a source file.

    StateError for a dangling link, FIFO, socket, device or directory, and for a file of more than
    LARGEST_SOURCE bytes: reading it would block, not end, or silently leave it out.
    """
    with reporting(path):
        status = path.stat()
        kind = kind_of(status.st_mode)
        if kind != "file":
            raise StateError(f"{path} is a {kind}, not a file", fix="Rename it, or move it away.")
        if status.st_size > LARGEST_SOURCE:
            raise StateError(
                f"{path} is too large for a source file: {status.st_size >> 20} MiB",
                fix="Rename it, or move it away.",
            )
        return path.read_bytes()


def kind_of(mode: int) -> str:
    """The kind of a file with this mode (stat's st_mode): file, directory, FIFO, socket or device."""
    kinds = {
        stat.S_IFREG: "file",
        stat.S_IFDIR: "directory",
        stat.S_IFIFO: "FIFO",
        stat.S_IFSOCK: "socket",
    }
    return kinds.get(stat.S_IFMT(mode), "device")


@contextmanager
def all_or_nothing(*paths: Path) -> Iterator[None]:
    """If the block fails, remove those of `paths` that it created."""
    new = [path for path in paths if not exists(path)]
    try:
        yield
    except BaseException:
        for path in new:
            # The first failure matters, not that its clean-up failed too.
            with suppress(DevenvError, OSError):
                remove(path)
        raise


@contextmanager
def temporary_folder(parent: str | Path) -> Iterator[Path]:
    """A directory in `parent` (created if necessary) that is removed after the block in any case."""
    import tempfile

    with reporting(parent):
        Path(parent).mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(prefix="devenv-", dir=parent))
    try:
        yield path
    finally:
        remove(path)


def remove_empty(folder: str | Path, depth: int) -> None:
    """Remove empty directories up to `depth` levels below `folder`, and `folder` itself if it is empty.

    Deeper ones are kept: repositories and Python's caches need their empty directories.
    """
    folder = Path(folder)
    levels = ["/".join("*" * level) for level in range(depth, 0, -1)]
    for path in (*(path for level in levels for path in folder.glob(level)), folder):
        with suppress(OSError):  # not a directory, not empty, or not permitted
            path.rmdir()


def folder_size(folder: str | Path) -> int:
    """The size of a file or of all files in a directory, in bytes. Does not follow links."""
    path = Path(folder)
    with reporting(path):
        if not path.is_dir() or path.is_symlink():
            return path.lstat().st_size
        return sum(p.lstat().st_size for p in path.rglob("*") if not p.is_dir())

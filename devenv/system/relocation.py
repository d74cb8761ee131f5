"""A folder with programs copied to another place, so that they find each other there."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from devenv.core.errors import StateError
from devenv.system.files import reporting


def _walk(folder: Path, without: Collection[str]) -> Iterator[tuple[Path, list[str]]]:
    """Each folder with the names of its files and links. without: names in the first, to be skipped."""
    for root, folders, files in os.walk(folder):
        here = Path(root)
        out = without if here == folder else ()
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in out and name not in links)
        yield here, sorted(name for name in (*files, *links) if name not in out)


def entries(folder: Path, without: Collection[str] = ()) -> Iterator[str]:
    """The files and links below it, by their paths relative to it; but for the names `without` in it."""
    with reporting(folder):
        for here, names in _walk(folder, without):
            yield from (str((here / name).relative_to(folder)) for name in names)


def signature(folder: Path, without: Collection[str] = ()) -> dict[str, list[int]]:
    """Name -> size and date (ns) of each entry: another one where any was written since."""
    stats = {name: (folder / name).lstat() for name in entries(folder, without)}
    return {name: [one.st_size, one.st_mtime_ns] for name, one in stats.items()}


def content_key(folder: Path, without: Collection[str] = ()) -> str:
    """32 hexadecimal digits of all that is in it, wherever it stands."""
    total = hashlib.sha256()
    for name in entries(folder, without):
        path = folder / name
        with reporting(path):
            data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            mode = 0 if path.is_symlink() else path.stat().st_mode & 0o111
        content = hashlib.sha256(data.replace(os.fsencode(folder), b"")).digest()
        total.update(f"{name}\0{mode}\0".encode("utf-8", "surrogateescape") + content)
    return total.hexdigest()[:32]


def copy_relocated(source: Path, staged: Path, place: Path, without: Collection[str] = ()) -> None:
    """Copy a folder to `staged` with `place`, to which it is going to be renamed, wherever it names its
    own path: in scripts, in links, and in the RUNPATH of libraries and programs.

    StateError where `place` is the longer path: in a program one cannot be put in place of the other.
    """
    old, new = os.fsencode(source), os.fsencode(place)
    with reporting(staged):
        for here, names in _walk(source, without):
            folder = staged / here.relative_to(source)
            folder.mkdir(parents=True, exist_ok=True)
            for name in names:
                _copy(here / name, folder / name, old, new)


def _copy(path: Path, target: Path, old: bytes, new: bytes) -> None:
    if path.is_symlink():
        target.symlink_to(os.fsdecode(os.fsencode(path.readlink()).replace(old, new)))
        return
    data = path.read_bytes()
    target.write_bytes(data.replace(old, _fitted(new, old, data)) if old in data else data)
    shutil.copymode(path, target)


def _fitted(new: bytes, old: bytes, data: bytes) -> bytes:
    """In a program as long as the old one, with slashes that mean nothing."""
    if b"\0" not in data:
        return new
    if len(new) > len(old):
        raise StateError(
            f"cannot copy {os.fsdecode(old)} to {os.fsdecode(new)}: its path is longer",
            fix="Set DEVENV_HOME to a directory with a shorter path.",
        )
    return new.ljust(len(old), b"/")

"""Copies a directory with programs so that they find each other at the new place."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from devenv.core.errors import StateError
from devenv.system.os_errors import reporting
from devenv.system.seals import CACHE


def _walk(folder: Path, without: Collection[str]) -> Iterator[tuple[Path, list[str]]]:
    """Each directory with the names of its files and links. without: names to skip at the top.

    Python's caches are left out: they contain their paths, and Python makes them again.
    """
    for root, folders, files in os.walk(folder):
        here = Path(root)
        out = {CACHE, *(without if here == folder else ())}
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in out and name not in links)
        yield here, sorted(name for name in (*files, *links) if name not in out)


def entries(folder: Path, without: Collection[str] = ()) -> Iterator[str]:
    """Relative path -> path of the files and links in it, except for the names `without`."""
    with reporting(folder):
        for here, names in _walk(folder, without):
            yield from (str((here / name).relative_to(folder)) for name in names)


def signature(folder: Path, without: Collection[str] = ()) -> dict[str, list[int]]:
    """Name -> size and date (ns) of each entry; it changes if one of them is written."""
    stats = {name: (folder / name).lstat() for name in entries(folder, without)}
    return {name: [one.st_size, one.st_mtime_ns] for name, one in stats.items()}


def content_key(folder: Path, without: Collection[str] = ()) -> str:
    """A hash of its content, 32 hexadecimal digits, independent of its path."""
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
    """Copy a directory to `staged`, for a later rename to `place`. Its own path is replaced by `place`
    in scripts, links, and the RUNPATH of libraries and programs.

    StateError if `place` is longer: programs have no room for a longer path.
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
    """In a program the path padded with slashes to the old length."""
    if b"\0" not in data:
        return new
    if len(new) > len(old):
        raise StateError(
            f"cannot copy {os.fsdecode(old)} to {os.fsdecode(new)}: its path is longer",
            fix="Set DEVENV_HOME to a directory with a shorter path.",
        )
    return new.ljust(len(old), b"/")

"""Seals: records of the content of a directory in the store, to detect later damage.

The seal is a file in the directory with two lines of JSON. The first contains marks, the size and time
of a few entries, which every use compares in microseconds. The second contains the SHA-256, size and
permissions of every file, which `devenv doctor` compares. Directories named __pycache__ belong to
Python and are ignored.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEAL = ".devenv-seal.json"
CACHE = "__pycache__"
_RIGHTS = 0o555
"""The permissions that are compared: read and execute. Write permissions are the owner's."""
_FEW = 32
"""Below this number of files, threads cost more than they save: an object of a model has four."""


@dataclass(frozen=True)
class Damage:
    """A difference from the seal. path: relative to the directory. what: in words, after the path."""

    path: str
    what: str


def seal(
    folder: str | Path,
    marks: Sequence[str] = (),
    *,
    read_only: bool = True,
    without: Sequence[str] = (),
) -> None:
    """Record the content of `folder`. marks: entries that every use checks, if they exist.

    without: entries to ignore. read_only: make everything read-only except Python's caches, which are
    created first so that Python can fill them.
    """
    folder = Path(folder)
    # A later cache would change the time of its directory.
    for path, names in list(_folders(folder)):
        if read_only and any(name.endswith(".py") for name in names):
            (path / CACHE).mkdir(exist_ok=True)
    mark_values = {name: mark for name in marks if (mark := _mark(folder / name))}
    content = {"without": list(without), "files": _described(folder, without)}
    text = f"{json.dumps(mark_values)}\n{json.dumps(content)}\n"
    (folder / SEAL).write_text(text, encoding="utf-8")
    if read_only:
        _take_write(folder)


def sealed_hashes(folder: Path) -> dict[str, str]:
    """Relative path -> recorded SHA-256 of each file."""
    content = json.loads((folder / SEAL).read_text(encoding="utf-8").splitlines()[1])
    return {name: one[3] for name, one in content["files"].items() if one[0] == "file"}


def marks(folder: Path) -> tuple[str, ...] | None:
    """The entries that every use of a sealed directory checks; None where it is not sealed."""
    try:
        return tuple(json.loads((folder / SEAL).read_text(encoding="utf-8").splitlines()[0]))
    except FileNotFoundError:
        return None


def unmarked(folder: str | Path) -> str:
    """The first mark that differs from the record; empty if none does, or there is no seal."""
    try:
        with open(f"{folder}/{SEAL}", encoding="utf-8") as file:  # noqa: PTH123 - at every start
            marks = json.loads(file.readline())
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return SEAL
    return next((name for name, kept in marks.items() if _mark(f"{folder}/{name}") != kept), "")


def damages(folder: str | Path) -> tuple[Damage, ...]:
    """All differences from the seal, sorted by path; none if there is no seal.

    A missing or added directory is reported without its content. Data files that a package writes
    next to its modules are not damage.
    """
    folder = Path(folder)
    try:
        content = json.loads((folder / SEAL).read_text(encoding="utf-8").splitlines()[1])
        kept, without = content["files"], content["without"]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, LookupError, TypeError):
        return (Damage(SEAL, "cannot be read"),)
    now = _described(folder, without)
    names = sorted(name for name in {*kept, *now} if name in kept or not _is_data(name, kept))
    differences = {n: what for n in names if (what := _compared(kept.get(n), now.get(n)))}
    return tuple(
        Damage(n, what) for n, what in differences.items() if differences.get(_above(n)) != what
    )


_CODE = (".py", ".pyc", ".so", ".pth", ".egg-link", ".dll", ".dylib")


def _is_data(name: str, kept: Mapping[str, object]) -> bool:
    """Whether an added file may be a package's own data (hnn-core's survey_seen.json, a cache): a file
    that is not imported, loaded or executed, in a directory of the seal.
    """
    above = _above(name)
    inside = above in kept and above.count("/") > 1 and not above.endswith(".dist-info/")
    return inside and not name.endswith(("/", *_CODE)) and "/bin/" not in f"/{name}"


def _above(name: str) -> str:
    """The directory of an entry, as in the seal: its entries are not reported if it is missing."""
    front = name.rstrip("/").rpartition("/")[0]
    return f"{front}/" if front else ""


def _compared(kept: list[Any] | None, now: list[Any] | None) -> str:
    if kept == now:
        return ""
    if now is None:
        return "is gone"
    if kept is None:
        return "was added"
    if kept[0] == now[0] and kept[2:] == now[2:]:
        return "has other permissions"
    if now[-1] is None:
        return "cannot be read"
    return "is empty" if now[0] == "file" and now[2] == 0 else "was changed"


def _described(folder: Path, without: Sequence[str]) -> dict[str, list[Any]]:
    """Relative path -> [kind, permissions, and of a file its size and hash, of a link its target]."""
    entries: dict[str, list[Any]] = {}
    files: list[str] = []
    for path, names in _folders(folder):
        front = "" if path == folder else f"{path.relative_to(folder)}/"
        if front and front.partition("/")[0] in without:
            continue
        if front:
            entries[front] = ["folder", _rights(path)]
        for name in names:
            if (path / name).is_symlink():
                entries[front + name] = ["link", 0, str((path / name).readlink())]
            elif front + name != SEAL:
                files.append(front + name)
    entries.update(zip(files, _each_file([folder / name for name in files]), strict=True))
    return entries


def _each_file(paths: list[Path]) -> list[list[Any]]:
    if len(paths) < _FEW:
        return [_file(path) for path in paths]
    from concurrent.futures import ThreadPoolExecutor  # not at every start

    with ThreadPoolExecutor() as pool:
        return list(pool.map(_file, paths))  # within the block: an interrupt ends it


def _folders(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each directory with the names of its files and links, without Python's caches."""
    for root, folders, files in os.walk(folder):
        links = [name for name in folders if Path(root, name).is_symlink()]
        folders[:] = sorted(n for n in folders if n != CACHE and n not in links)
        yield Path(root), [*files, *links]


def _file(path: Path) -> list[Any]:
    from devenv.core.errors import DevenvError
    from devenv.system.files import digest

    status = path.lstat()
    try:
        content = digest(path) if stat.S_ISREG(status.st_mode) else ""
    except (DevenvError, OSError):
        content = None
    return ["file", status.st_mode & _RIGHTS, status.st_size, content]


def _rights(path: Path) -> int:
    return path.stat().st_mode & _RIGHTS


def _mark(path: str | Path) -> list[int] | None:
    """Size and time in nanoseconds; of a directory the time, which changes with its entries."""
    try:
        status = os.stat(path)  # noqa: PTH116 - at every start
    except OSError:
        return None
    return [0 if stat.S_ISDIR(status.st_mode) else status.st_size, status.st_mtime_ns]


def _take_write(folder: Path) -> None:
    for path, names in list(_folders(folder)):
        for name in names:
            file = path / name
            if not file.is_symlink():
                file.chmod(file.stat().st_mode & ~0o222)
        path.chmod(path.stat().st_mode & ~0o222)

"""Copies a source tree for a build, so that the user's own is never changed."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from devenv.core import content
from devenv.core.errors import StateError
from devenv.system import git
from devenv.system.files import digest as file_digest
from devenv.system.files import remove, write_text
from devenv.system.os_errors import reporting

_LEFT_OUT = (".git", ".hg", "__pycache__", "*.pyc", "*.egg-info")
_CACHES = (".tox", ".nox", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache")
_AT_THE_TOP = ("build", "dist")
"""What build backends leave beside pyproject.toml. Below it, these are names of subpackages."""

_HUGE = 100_000_000
"""Bytes."""


def snapshot(source: Path, path: Path, without: Collection[Path] = ()) -> Path:
    """Copy `source` to `path` (which must not exist); returns the copy of `source` in it.

    without: files to leave out, such as the results of earlier builds.

    It copies tracked and untracked files, also of submodules; without git all files except caches,
    virtual environments and old builds. Version tools get the same answers from git as in the
    source, with a separate index: even `git describe` writes one. If `source` is inside a
    repository, the whole repository is copied, since a version may depend on files above it.
    """
    top = git.top_level(source)
    with reporting(path):
        if top is None:
            shutil.copytree(
                source,
                path,
                symlinks=True,
                ignore=lambda folder, names: {
                    *_left_out(source, Path(folder), names),
                    *(name for name in names if Path(folder, name) in without),
                },
            )
            return path
        path.mkdir(parents=True)
        _copy_known(top, path, without)
        _share_repository(top, path / ".git")
        return copy_of(source, path)


def _left_out(source: Path, folder: Path, names: Collection[str]) -> set[str]:
    """Those of the names in a folder of a source without git that are caches or old builds."""
    patterns = (*_LEFT_OUT, *_CACHES, *(_AT_THE_TOP if folder == source else ()))
    environments = (name for name in names if (folder / name / "pyvenv.cfg").is_file())
    return {*shutil.ignore_patterns(*patterns)(str(folder), [*names]), *environments}


def copy_of(source: Path, path: Path) -> Path:
    """The path of the copy of `source` in its snapshot at `path`."""
    top = git.top_level(source)
    return path / source.resolve().relative_to(top) if top else path


def _copy_known(top: Path, path: Path, without: Collection[Path] = ()) -> None:
    for name in git.tracked_and_untracked(top):
        entry = top / name
        if entry in without:
            continue
        if entry.is_dir() and not entry.is_symlink():
            _copy_submodule(entry, path / name)
        elif entry.is_symlink() or entry.is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(entry, path / name, follow_symlinks=False)


def _copy_submodule(entry: Path, path: Path) -> None:
    """Copy a submodule; one that is not checked out with all files in its directory."""
    if git.top_level(entry) == entry.resolve():
        path.mkdir(parents=True, exist_ok=True)
        _copy_known(entry.resolve(), path)
    else:
        shutil.copytree(entry, path, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def _share_repository(top: Path, folder: Path) -> None:
    """Make a git directory with its own HEAD and index, which shares everything else with the source.

    `git worktree` makes the same (gitrepository-layout(5), "commondir"), but writes into the source's.
    """
    own, common = git.folders(top)
    folder.mkdir()
    write_text(folder / "commondir", f"{common}\n")
    for file in _private(own):
        shutil.copy2(file, folder / file.name)


def _private(own: Path) -> Iterable[Path]:
    """The files that each work tree has for itself."""
    return (own / "HEAD", *own.glob("index"), *own.glob("sharedindex.*"))


def digest(source: Path, without: Collection[Path] = ()) -> str:
    """The hash of what `snapshot` copies: names, contents, the right to execute, targets of links.

    Links stay links in the copy. Where one leads to a file out of the tree, its content counts too.
    """
    top = git.top_level(source)
    paths = (path for path in (_known(top) if top else _walk(source)) if path not in without)
    return content.digest(*(part for path in paths for part in _entry(top or source, path)))


def _known(top: Path) -> Iterator[Path]:
    for name in git.tracked_and_untracked(top):
        entry = top / name
        if entry.is_dir() and not entry.is_symlink():
            own = git.top_level(entry) == entry.resolve()
            yield from _known(entry.resolve()) if own else _walk(entry)
        elif entry.is_symlink() or entry.is_file():
            yield entry


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        left_out = _left_out(folder, Path(root), [*folders, *names])
        folders[:] = sorted(set(folders) - left_out)
        links = [name for name in folders if Path(root, name).is_symlink()]
        yield from (Path(root, name) for name in sorted({*names, *links} - left_out))


def _entry(top: Path, path: Path) -> tuple[str, ...]:
    return os.path.relpath(path, top), *file_facts(path, top)


def file_facts(path: Path, top: Path, folder: Path | None = None) -> tuple[str, str]:
    """The relevant facts of a file: ("link", target), or ("x" if it is executable, else "-", hash).

    A link that leads to a file out of `top` has the hash of that file behind its target.
    folder: where the link stands in the source, if `path` is a copy of it.
    """
    if path.is_symlink():
        target = path.readlink()
        return "link", f"{target} {outside(Path(folder or path.parent, target), top)}".strip()
    return "x" if path.stat().st_mode & 0o100 else "-", file_digest(path)


def outside(path: Path, top: Path) -> str:
    """The hash of the file that a link leads to out of `top`; empty for one in it, a folder, none.

    Of a huge one, which is data, its size and time: every run would have to read all of it.
    """
    found = Path(os.path.realpath(path))
    with suppress(OSError, StateError):  # A build cannot read it either.
        if found.is_relative_to(top.resolve()) or not found.is_file():
            return ""
        stat = found.stat()
        huge = stat.st_size > _HUGE
        return f"{stat.st_size} {stat.st_mtime_ns}" if huge else file_digest(found)
    return ""


def refresh(source: Path, path: Path) -> Path:
    """Update `path` to what `snapshot` would make of `source`; returns the copy of `source` in it.

    Unchanged files keep their time, and others get the current time, so that an incremental build sees
    exactly what changed, whatever the times in the source are.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    remove(fresh)
    inside = snapshot(source, fresh).relative_to(fresh)
    with reporting(path):
        path.mkdir(exist_ok=True)
        _update(fresh, path)
    remove(fresh)
    return path / inside


def _update(fresh: Path, path: Path) -> None:
    new = {entry.name: entry for entry in fresh.iterdir()}
    for old in path.iterdir():
        if old.name not in new:
            remove(old)
    for name, entry in new.items():
        place = path / name
        if _is_folder(entry) and _is_folder(place):
            _update(entry, place)
        elif not _same(entry, place):
            remove(place)
            if entry.is_file() and not entry.is_symlink():
                os.utime(entry)
            entry.rename(place)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    both = one.is_file() and other.is_file() and one.stat().st_mode == other.stat().st_mode
    return both and filecmp.cmp(one, other, shallow=False)


def contents(source: Path) -> dict[str, str]:
    """The files that `snapshot` copies: name relative to `source` -> its `file_facts`."""
    top = git.top_level(source)
    with reporting(source):
        paths = _walk(source) if top is None else _known(top)
        base = source if top is None else source.resolve()
        top = top or source
        return {os.path.relpath(path, base): " ".join(file_facts(path, top)) for path in paths}


def copied(top: Path, source: Path, origin: Path) -> dict[str, str]:
    """The same for a copy of `origin` that `refresh` made.

    top: the whole copy. source: the copy of `origin` in it.
    """
    base = git.top_level(origin) or origin
    with reporting(top):
        paths = (path for path in top.rglob("*") if path.relative_to(top).parts[0] != ".git")
        leaves = (path for path in paths if path.is_symlink() or path.is_file())
        return {
            os.path.relpath(path, source): " ".join(
                file_facts(path, base, base / path.relative_to(top).parent)
            )
            for path in leaves
        }

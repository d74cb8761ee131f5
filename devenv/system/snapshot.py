"""Copies a source tree for a build, so that the user's own is never changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from devenv.core import content
from devenv.system import git
from devenv.system.files import digest as file_digest
from devenv.system.files import write_text
from devenv.system.os_errors import reporting

_LEFT_OUT = (".git", ".hg", "__pycache__", "*.pyc", "*.egg-info", "build", "dist")
_CACHES = (".tox", ".nox", ".venv", "venv", ".pytest_cache", ".mypy_cache", ".ruff_cache")


def snapshot(source: Path, path: Path) -> Path:
    """Copy `source` to `path` (which must not exist); returns the copy of `source` in it.

    It copies tracked and untracked files, also of submodules; without git all files except caches and
    old builds. Version tools get the same answers from git as in the source, with a separate index:
    even `git describe` writes one. If `source` is inside a repository, the whole repository is copied,
    since a version may depend on files above it.
    """
    top = git.top_level(source)
    with reporting(path):
        if top is None:
            shutil.copytree(
                source, path, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT, *_CACHES)
            )
            return path
        path.mkdir(parents=True)
        _copy_known(top, path)
        _share_repository(top, path / ".git")
        return path / source.resolve().relative_to(top)


def _copy_known(top: Path, path: Path) -> None:
    for name in git.tracked_and_untracked(top):
        entry = top / name
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


def digest(source: Path) -> str:
    """The hash of what `snapshot` copies: names, contents, the right to execute, targets of links."""
    top = git.top_level(source)
    if top is None:
        return content.digest(*(part for path in _walk(source) for part in _entry(source, path)))
    return content.digest(*(part for path in _known(top) for part in _entry(top, path)))


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
        left_out = shutil.ignore_patterns(*_LEFT_OUT, *_CACHES)(root, [*folders, *names])
        folders[:] = sorted(set(folders) - left_out)
        links = [name for name in folders if Path(root, name).is_symlink()]
        yield from (Path(root, name) for name in sorted({*names, *links} - left_out))


def _entry(top: Path, path: Path) -> tuple[str, ...]:
    name = os.path.relpath(path, top)
    if path.is_symlink():
        return name, "link", str(path.readlink())
    executable = "x" if path.stat().st_mode & 0o100 else "-"
    return name, executable, file_digest(path)

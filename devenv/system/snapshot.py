"""A copy of a source tree in which packages are built, so that the user's tree is never touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from devenv.system.files import make_folder, reporting
from devenv.system.git import listed_files

_CACHES = shutil.ignore_patterns("__pycache__", ".tox", ".venv", "*.egg-info", "build", ".git", ".*_cache")


def snapshot(source: Path, target: Path) -> None:
    """Copy what git would see: tracked files, and others that are not ignored.

    The copy's ``.git`` is a file that leads to the source's own, so that tools which take the version
    from git find it. A source that is no repository is copied whole but for caches.
    """
    git = source / ".git"
    if not git.exists():
        with reporting(source):
            shutil.copytree(source, target, symlinks=True, ignore=_CACHES)
        return
    make_folder(target)
    with reporting(source):
        for name in listed_files(source):
            _copy(source / name, target / name)
        (target / ".git").write_text(f"gitdir: {_git_folder(git)}\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        # A submodule: git names its folder alone.
        shutil.copytree(source, target, symlinks=True, ignore=_CACHES)
    elif os.path.lexists(source):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _git_folder(git: Path) -> Path:
    """Where a repository's own files are; in a worktree or submodule ``.git`` is a file that says so."""
    if git.is_dir():
        return git.resolve()
    where = git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
    return (git.parent / where).resolve()

"""Completes a clone whose submodules are not available from the package's source release."""

from __future__ import annotations

import shutil
from pathlib import Path

from devenv.system import files, git
from devenv.system.os_errors import reporting
from devenv.system.release import unpack_release


def dangling_links(path: Path) -> tuple[Path, ...]:
    """The links in a repository whose targets, in the repository, do not exist; relative paths.

    Empty if the directory is not in a repository.
    """
    if git.top_level(path) is None:
        return ()
    top = path.resolve()
    names = (Path(name) for name in git.tracked_and_untracked(path))
    return tuple(
        name
        for name in names
        if (path / name).is_symlink()
        and not (path / name).exists()
        and (path / name).resolve().is_relative_to(top)
    )


def complete(path: Path, archive: Path) -> tuple[str, ...]:
    """Restore the targets of dangling links in a new clone; the restored files.

    archive: the source release, which contains the links as files. Existing files are not changed.
    """
    put: list[str] = []
    with files.temporary_folder(path.parent) as scratch:
        release = scratch / "release"
        unpack_release(archive, release)
        for name in dangling_links(path):
            if (release / name).is_file():
                target = (path / name).resolve()
                with reporting(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(release / name, target)
                put.append(str(target.relative_to(path.resolve())))
    return tuple(put)

"""A clone whose submodules cannot be had, completed from the source release of the same package."""

from __future__ import annotations

import shutil
from pathlib import Path

from devenv.system import files, git
from devenv.system.release import unpack_release


def dangling_links(path: Path) -> tuple[Path, ...]:
    """The links of a repository that lead to a place in it where nothing is, relative to it.

    None of a folder that is in no repository.
    """
    if git.top_level(path) is None:
        return ()
    top = path.resolve()
    found = (Path(name) for name in git.tracked_and_untracked(path))
    return tuple(
        name
        for name in found
        if (path / name).is_symlink()
        and not (path / name).exists()
        and (path / name).resolve().is_relative_to(top)
    )


def complete(path: Path, archive: Path) -> tuple[str, ...]:
    """Put what the dangling links of a fresh clone lead to where they lead; the files put there.

    archive: the source release, in which each of them is a file. Nothing that is there is touched.
    """
    put: list[str] = []
    with files.temporary_folder(path.parent) as scratch:
        release = scratch / "release"
        unpack_release(archive, release)
        for name in dangling_links(path):
            if (release / name).is_file():
                target = (path / name).resolve()
                with files.reporting(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(release / name, target)
                put.append(str(target.relative_to(path.resolve())))
    return tuple(put)

"""Converts OSErrors to devenv's errors, with their meaning and a fix."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devenv.core.errors import DevenvError, PlaceError, StateError

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
"""The errors that a user can fix. Others (EBADF, …) are bugs and keep their traceback."""

_ELSEWHERE = {
    errno.ENOSPC: "Free some space there.",
    errno.EDQUOT: "Free some space.",
    errno.EROFS: "Make {folder} writable, or work in a copy of it.",
    errno.EACCES: "Ask the owner of {folder}, or work in a copy of it.",
    errno.EPERM: "Ask the owner of {folder}, or work in a copy of it.",
}
"""The fix where the path is not in $DEVENV_HOME, which then cannot help."""


@contextmanager
def reporting(path: str | Path) -> Iterator[None]:
    """Turn an OSError in the block into a StateError that names the path and a fix.

    The path is that of the error if it has one, else `path`.
    """
    try:
        yield
    except shutil.Error as error:
        if number := _full(error):
            raise _reported(OSError(number, "", str(path)), Path(path)) from None
        source, _, why = error.args[0][0]
        raise _dangling(Path(source)) or StateError(
            f"{source} cannot be copied to {path}: {why}", fix="Check both paths."
        ) from None
    except OSError as error:
        if error.errno not in _REASONS:
            raise
        raise _reported(error, Path(path)) from None


def full_disk(error: OSError) -> StateError | None:
    """The error of a full disk or an exceeded quota, wherever it was; None for any other."""
    number = _full(error)
    if not number:
        return None
    name = error.filename2 or error.filename
    if name:
        return _error_at(number, Path(os.fsdecode(name)))
    reason, fix = _REASONS[number]
    return StateError(reason, fix=fix)


def _full(error: OSError) -> int:
    """ENOSPC or EDQUOT if the error is one of them, or of files of a tree (shutil.Error); 0 if not."""
    numbers = (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, shutil.Error):
        return next((one for one in numbers if os.strerror(one) in str(error)), 0)
    return error.errno if error.errno in numbers else 0


def _reported(error: OSError, path: Path) -> DevenvError:
    # An error of a copy has both paths: the second is on the full disk.
    second = error.filename2 if _full(error) else None
    name = second or error.filename
    place = Path(os.fsdecode(name)) if name else path
    return _dangling(place) or _error_at(error.errno or 0, place)


def _error_at(number: int, place: Path) -> StateError:
    reason, fix = _REASONS[number]
    if number not in _ELSEWHERE:
        return StateError(f"{place}: {reason}", fix=fix)
    elsewhere = _ELSEWHERE[number].format(folder=place.parent)
    return PlaceError(f"{place}: {reason}", str(place), fix, elsewhere)


def _dangling(path: Path) -> DevenvError | None:
    if not path.is_symlink() or path.exists():
        return None
    return StateError(
        f"{path} is a link to {path.readlink()}, which does not exist",
        fix="Restore its target (a git submodule?), or remove the link.",
    )

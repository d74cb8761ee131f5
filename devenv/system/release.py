"""Makes a git repository from a source release, so that changes can be seen and submitted."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from devenv.core.errors import StateError, UsageError
from devenv.system import files
from devenv.system.os_errors import reporting
from devenv.system.repository import SETTINGS, leave_hook

if TYPE_CHECKING:
    from git import Repo

_NEUTRAL = {"name": "devenv", "email": "devenv@localhost"}


def unpack_release(archive: Path, path: Path) -> str:
    """Unpack the sdist `archive` into a new git repository at `path`, by one rename; its version.

    The repository has one commit of all files (including those in .gitignore), with the date of the
    archive and the version as its tag, for version tools. UsageError if the archive is not a source
    release, or contains members outside of its directory.
    """
    if files.exists(path):
        raise StateError(f"{path} already exists", fix="Move it away first.")
    with files.temporary_folder(path.parent) as scratch:
        top, date = _unpacked(archive, scratch)
        name, version = _identity(top, archive)
        _commit(top, f"{name} {version}, as released", version, date)
        files.rename(top, path)
    return version


def _unpacked(archive: Path, folder: Path) -> tuple[Path, int]:
    """The directory in an sdist, and the newest date of its files."""
    try:
        with reporting(archive), tarfile.open(archive) as tar:
            members = tar.getmembers()
            _check_members(members)
            # Newer Pythons have such filters, and warn unless one is selected.
            setattr(tar, "extraction_filter", getattr(tarfile, "data_filter", None))  # noqa: B010
            tar.extractall(folder, members)  # noqa: S202 - checked
    except tarfile.TarError as error:
        raise UsageError(
            f"{archive.name} cannot be unpacked: {error}", fix="Is it a source release (.tar.gz)?"
        ) from None
    tops = list(folder.iterdir())
    if len(tops) != 1 or not tops[0].is_dir():
        raise _no_release(archive)
    return tops[0], int(max(member.mtime for member in members))


def _check_members(members: Sequence[tarfile.TarInfo]) -> None:
    """TarError for members outside of the directory, and for special files.

    These are the rules of PEP 706's "data" filter, which Debian 12's Python does not have.
    """
    for member in members:
        places = [PurePosixPath(member.name)]
        if member.issym():
            places.append(places[0].parent / member.linkname)
        elif member.islnk():
            places.append(PurePosixPath(member.linkname))
        elif not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} is a special file")
        for place in places:
            inside = os.path.normpath(place)
            if place.is_absolute() or inside == ".." or inside.startswith("../"):
                raise tarfile.TarError(f"{member.name} leads outside of the archive")
        member.mode = (member.mode | 0o600) & 0o755


def _identity(top: Path, archive: Path) -> tuple[str, str]:
    """Name and version from PKG-INFO, which every sdist contains (PEP 643)."""
    # Every reader of repositories imports this module; importing email takes a quarter of that.
    from email.parser import HeaderParser

    try:
        info = HeaderParser().parsestr((top / "PKG-INFO").read_text(encoding="utf-8"))
        return str(info["Name"]), str(info["Version"])
    except OSError:
        raise _no_release(archive) from None


def _no_release(archive: Path) -> UsageError:
    return UsageError(
        f"{archive.name} is not a source release: it contains no PKG-INFO",
        fix="Use a .tar.gz from the package's page on the index.",
    )


def _commit(top: Path, message: str, tag: str, date: int) -> None:
    import git

    leave_hook()
    options: dict[str, Any] = {"initial_branch": "main", "env": {"GIT_TEMPLATE_DIR": ""}}
    with git.Repo.init(top, **options) as repo:
        stamp = f"{date} +0000"
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        repo.git.update_environment(**SETTINGS, **dates, **_author(repo))
        _do(repo, "add", "--all", "--force")
        _do(repo, "commit", "--quiet", "--no-gpg-sign", "--message", message)
        _do(repo, "tag", "--no-sign", "--annotate", "--message", message, tag)


def _do(repo: Repo, *arguments: str) -> None:
    """Run git without hooks and conversions, which are for the user's own work."""
    settings = ("-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")
    repo.git.execute(["git", *settings, *arguments])


def _author(repo: Repo) -> dict[str, str]:
    """Variables of a neutral git identity, for what the user has not configured."""
    return {
        f"GIT_{role}_{key.upper()}": value
        for key, value in _NEUTRAL.items()
        for role in ("AUTHOR", "COMMITTER")
        if not repo.git.config("--default", "", "--get", f"user.{key}")
        and f"GIT_{role}_{key.upper()}" not in os.environ
    }

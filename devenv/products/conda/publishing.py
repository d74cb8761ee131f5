"""Reads, publishes to, and indexes channels on disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devenv.core.errors import StateError, UsageError
from devenv.products.conda.channel import ChannelRecord, records_of
from devenv.sources.address import without_secret
from devenv.system.files import digest, remove, write_text
from devenv.system.os_errors import reporting


def address(channel: str, cwd: Path) -> str:
    """A channel as the library takes it: a folder becomes a file: address, a name stays a name.

    UsageError for a folder that does not exist, and for a password: addresses are kept and shown.
    """
    if channel != without_secret(channel):
        raise UsageError(
            f"the channel {without_secret(channel)} names a user or a password, which devenv would"
            " have to keep",
            fix="Give the address without it; RATTLER_AUTH_FILE names a file with passwords.",
        )
    if "://" in channel:
        return channel
    folder = cwd / Path(channel).expanduser()
    if folder.is_dir():
        return folder.resolve().as_uri()
    if channel.startswith((".", "/", "~")) or channel.count("/") > 1:
        raise UsageError(f"{folder} is not a directory", fix="Check the path of the channel.")
    return channel


def folder_of(channel: str) -> Path | None:
    """The folder of a channel on this machine; None for one on a server."""
    parts = urlsplit(channel)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def read_index(folder: Path) -> Iterator[ChannelRecord]:
    """All records of a channel's index. StateError if the index is damaged."""
    for path in sorted(folder.glob("*/repodata.json")):
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StateError(
                f"{path} is damaged: {error}", fix=f"Rewrite it: devenv conda index {folder}"
            ) from None
        yield from records_of(path.parent.name, index)


def prepare(folder: Path, platform: str) -> None:
    """Make the folders that every channel needs, with empty indexes in a new channel."""
    if any(folder.glob("*/*.conda")):
        return
    for name in ("noarch", platform):
        index = folder / name / "repodata.json"
        if not index.is_file():
            empty = {"info": {"subdir": name}, "packages": {}, "packages.conda": {}}
            write_text(index, json.dumps({**empty, "repodata_version": 1}))


def publish(package: Path, place: Path) -> bool:
    """Put a package file into a channel by one rename. Returns whether anything changed.

    The record of a replaced file is removed first, so that the index never lists another file, even if
    this is interrupted. The file is made readable for all users; the library's files are not.
    """
    with reporting(place):
        if place.is_file():
            if digest(place) == digest(package):
                return False
            _forget(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = place.with_name(f".{place.name}.part")
        try:
            shutil.copyfile(package, staged)
            staged.chmod(0o644)
            staged.replace(place)
        finally:
            remove(staged)
    return True


def _forget(place: Path) -> None:
    """Remove the record of a package from the index in its folder. A damaged index is left unchanged."""
    path = place.with_name("repodata.json")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for section in ("packages", "packages.conda"):
        index.get(section, {}).pop(place.name, None)
    write_text(path, json.dumps(index))

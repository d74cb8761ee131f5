"""Channels on disk: read, published to, indexed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devenv.core.errors import StateError, UsageError
from devenv.products.conda import engine
from devenv.products.conda.channel import ChannelRecord, records_of
from devenv.sources.address import without_secret
from devenv.system.files import digest, make_folder, remove, temporary_folder, write_text
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
    """Where a channel stands on this machine; None for one on a server."""
    parts = urlsplit(channel)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def read_index(folder: Path) -> Iterator[ChannelRecord]:
    """All records of a channel's index. StateError for an index that is damaged."""
    for path in sorted(folder.glob("*/repodata.json")):
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StateError(
                f"{path} is damaged: {error}", fix=f"Rewrite it: devenv conda index {folder}"
            ) from None
        yield from records_of(path.parent.name, index)


def prepare(folder: Path, platform: str) -> None:
    """The folders that every channel has, each with an index: that of a new channel is empty."""
    if any(folder.glob("*/*.conda")):
        return
    for name in ("noarch", platform):
        index = folder / name / "repodata.json"
        if not index.is_file():
            empty = {"info": {"subdir": name}, "packages": {}, "packages.conda": {}}
            write_text(index, json.dumps({**empty, "repodata_version": 1}))


def publish(package: Path, place: Path) -> bool:
    """Put a package file to its place in a channel by one rename; whether anything changed.

    The record of a file that is replaced goes first: whenever this is interrupted, the index names no
    other file. Everybody may read the file: the library makes files for their owner alone.
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
    """Remove the record of a package from the index beside it. A damaged index is left as it is."""
    path = place.with_name("repodata.json")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for section in ("packages", "packages.conda"):
        index.get(section, {}).pop(place.name, None)
    write_text(path, json.dumps(index))


def write_index(
    folder: Path,
    packages: Mapping[Path, str],
    environ: Mapping[str, str],
) -> None:
    """Index the packages of a channel (file -> SHA-256), and only those.

    It is made in a channel of links beside them, so that a file that the library cannot take is out of
    its sight, and moved over file by file. A record whose file was replaced is forgotten before.
    """
    with temporary_folder(folder / ".index") as scratch:
        shadow = scratch / "channel"
        for subdir in ("noarch", *_subdirs(folder)):
            make_folder(shadow / subdir)
            _copy_index(folder / subdir, shadow / subdir, packages)
        for package in packages:
            link(package, shadow / package.parent.name / package.name)
        engine.ask("index", {"channel": str(shadow)}, scratch, environ)
        for index in sorted(shadow.glob("[!.]*/repodata.json")):
            _take_over(index, folder / index.parent.name)
    remove(folder / ".index")


def _subdirs(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]


def _copy_index(source: Path, target: Path, packages: Mapping[Path, str]) -> None:
    """The index so far, without the records whose file is not what it was."""
    path = source / "repodata.json"
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for section in ("packages", "packages.conda"):
        for file, record in list(index.get(section, {}).items()):
            if packages.get(source / file) != record.get("sha256"):
                del index[section][file]
    (target / "repodata.json").write_text(json.dumps(index), encoding="utf-8")


def link(package: Path, place: Path) -> None:
    """A hard link to a package file, or a copy where the file system is another."""
    try:
        os.link(package, place)
    except OSError:
        shutil.copyfile(package, place)


def _take_over(index: Path, target: Path) -> None:
    """The index by one rename."""
    make_folder(target)
    # Installers prefer these, and would see an index of old.
    for name in ("repodata_shards.msgpack.zst", "repodata.json.zst", "shards"):
        remove(target / name)
    index.replace(target / "repodata.json")

"""Channels on disk: read, published to, indexed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devenv.core.errors import StateError, UsageError
from devenv.products.conda import engine
from devenv.products.conda.channel import Record, records_of
from devenv.system.files import digest, make_folder, remove, reporting


def address(channel: str, cwd: Path) -> str:
    """A channel as the library takes it: a folder becomes a file: address, a name stays a name."""
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


def read_index(folder: Path) -> Iterator[Record]:
    """All records of a channel's index. StateError for an index that is damaged."""
    for path in sorted(folder.glob("*/repodata.json")):
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StateError(
                f"{path} is damaged: {error}", fix=f"Write it anew: devenv conda index {folder}"
            ) from None
        yield from records_of(path.parent.name, index)


def prepare(folder: Path, platform: str) -> None:
    """The folders that every channel has."""
    for name in ("noarch", platform):
        make_folder(folder / name)


def publish(package: Path, place: Path) -> bool:
    """Put a package file to its place in a channel by one rename; whether anything changed.

    Everybody may read it: the library makes files for their owner alone.
    """
    with reporting(place):
        if place.is_file() and digest(place) == digest(package):
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = place.with_name(f".{place.name}.part")
        try:
            shutil.copyfile(package, staged)
            staged.chmod(0o644)
            staged.replace(place)
        finally:
            remove(staged)
    return True


def write_index(
    folder: Path, scratch: Path, environ: Mapping[str, str], *, force: bool = False
) -> None:
    """Index a channel. force: read packages again whose file was replaced."""
    engine.ask("index", {"channel": str(folder), "force": force}, scratch, environ)

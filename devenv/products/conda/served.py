"""What a channel serves over HTTP: its index, and every package that it lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from devenv.core.errors import StateError, UsageError
from devenv.products.conda.channel import ChannelRecord, records_of
from devenv.products.conda.inspection import inspect_files
from devenv.products.conda.package import SUFFIXES, CondaPackage, package_of
from devenv.products.conda.server import Server
from devenv.system.answers import timeout_of
from devenv.system.files import digest, temporary_folder

_SUBDIRS = (
    "noarch", "linux-64", "linux-aarch64", "linux-ppc64le", "osx-64", "osx-arm64", "win-64", "win-arm64"
)  # fmt: skip
"""The platforms of conda. A server cannot be asked which of them a channel has."""
_BATCH = 50
"""Packages that are downloaded before they are inspected and removed."""
_LIMIT = 20e9
"""Bytes that are downloaded at most: public channels have a thousand times as many."""

_ADDRESS = "Give the address that installers use, such as https://HOST/CHANNEL."


@dataclass(frozen=True)
class ServedChannel:
    """records: of its index. packages: those of them that it serves. hashes: place -> size, SHA-256."""

    records: tuple[ChannelRecord, ...]
    packages: tuple[CondaPackage, ...]
    hashes: Mapping[str, tuple[int, str]]


def served_channel(address: str, home: Path, environ: Mapping[str, str]) -> ServedChannel:
    """The channel at an address for installers. home: a directory for temporary files.

    UsageError if there is no channel or if it is too large, StateError if its index is damaged,
    UnreachableError if the server does not answer.
    """
    server = _server(address, environ)
    indexes = {subdir: server.read(subdir, "repodata.json") for subdir in _SUBDIRS}
    texts = {subdir: text for subdir, text in indexes.items() if text is not None}
    if not texts:
        raise UsageError(
            f"there is no channel at {address}: it serves no repodata.json", fix=_ADDRESS
        )
    records = [one for subdir, text in texts.items() for one in _records(server, subdir, text)]
    total = sum(one.size for one in records)
    if total > _LIMIT:
        raise UsageError(
            f"{address} has {total / 1e9:.0f} GB of packages, and verifying it downloads all of them",
            fix="Verify a package against it: devenv conda verify PACKAGE --channel CHANNEL",
        )
    packages: list[CondaPackage] = []
    hashes: dict[str, tuple[int, str]] = {}
    for start in range(0, len(records), _BATCH):
        with temporary_folder(home) as folder:
            paths = _downloaded(server, records[start : start + _BATCH], folder)
            files = list(map(str, paths.values()))
            answers = inspect_files(files, home, environ, None) if files else []
            for (place, path), data in zip(paths.items(), answers, strict=True):
                hashes[place] = (path.stat().st_size, digest(path))
                packages.append(package_of(path.parent.name, path.name, data, hashes[place][1]))
    return ServedChannel(tuple(records), tuple(packages), hashes)


def _server(address: str, environ: Mapping[str, str]) -> Server:
    parts = urlsplit(address)
    if not parts.netloc or parts.username:
        raise UsageError(
            f"{parts._replace(netloc=parts.hostname or '').geturl()!r} is not the address of a channel"
            " without a user's name",
            fix=_ADDRESS,
        )
    return Server("", address, timeout=timeout_of(environ), environ=environ)


def _records(server: Server, subdir: str, text: bytes) -> list[ChannelRecord]:
    records: list[ChannelRecord] | None = None
    with suppress(ValueError, AttributeError, TypeError):
        records = list(records_of(subdir, json.loads(text)))
    if records is None or not all(_is_file_name(one.file) for one in records):
        raise StateError(
            f"{server.place(subdir, 'repodata.json')} is damaged", fix="Index the channel again."
        )
    return records


def _is_file_name(name: str) -> bool:
    return name.endswith(SUFFIXES) and "/" not in name and "\0" not in name


def _downloaded(server: Server, records: list[ChannelRecord], folder: Path) -> dict[str, Path]:
    """place -> the file, of those that are served."""
    paths = {record.place: folder / record.place for record in records}
    for path in paths.values():
        path.parent.mkdir(exist_ok=True)
    return {
        place: path
        for place, path in paths.items()
        if server.download(path.parent.name, path.name, path)
    }

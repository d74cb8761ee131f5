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
from devenv.products.conda.inspection import Downloaded, inspect_downloads
from devenv.products.conda.package import SUFFIXES, CondaPackage, package_of
from devenv.products.conda.server import Server
from devenv.system.answers import timeout_of

_SUBDIRS = (
    "noarch", "linux-64", "linux-aarch64", "linux-ppc64le", "osx-64", "osx-arm64", "win-64", "win-arm64",
    "linux-32", "linux-armv6l", "linux-armv7l", "linux-ppc64", "linux-riscv32", "linux-riscv64",
    "linux-s390x", "win-32", "freebsd-64", "zos-z", "emscripten-wasm32", "wasi-wasm32",
)  # fmt: skip
"""The platforms of conda. A server cannot be asked which of them a channel has."""
_LIMIT = 20e9
"""Bytes of packages that are downloaded: public channels have a thousand times as many."""

_LONGEST = 255
"""Bytes of a file's name."""
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
    sizes = {one.place: one.size for one in records}

    def download(place: str, path: Path) -> bool:
        return server.download(path.parent.name, path.name, path, sizes[place])

    found = inspect_downloads(list(sizes), download, home, environ, records=False)
    return ServedChannel(
        tuple(records),
        tuple(_package(place, one) for place, one in found.items()),
        {place: (one.size, one.sha256) for place, one in found.items()},
    )


def _package(place: str, one: Downloaded) -> CondaPackage:
    subdir, _, file = place.partition("/")
    return package_of(subdir, file, one.data, one.sha256)


def _server(address: str, environ: Mapping[str, str]) -> Server:
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise UsageError(f"{address} is not an address: {error}", fix=_ADDRESS) from None
    if not parts.netloc or parts.query or parts.fragment:
        raise UsageError(f"{address} is not the address of a channel", fix=_ADDRESS)
    if "@" in parts.netloc or "/t/" in parts.path:
        raise UsageError(
            f"{address} contains a user's name or a token, and only public channels are verified",
            fix=_ADDRESS,
        )
    return Server("", address, timeout=timeout_of(environ), environ=environ)


def _records(server: Server, subdir: str, text: bytes) -> list[ChannelRecord]:
    records: list[ChannelRecord] | None = None
    with suppress(ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        index = json.loads(text)
        sections = [index[name] for name in ("packages", "packages.conda") if name in index]
        if sections and all(isinstance(one, dict) for one in sections):
            records = list(records_of(subdir, index))
    if records is None or not all(_is_sound(one) for one in records):
        raise StateError(
            f"{server.place(subdir, 'repodata.json')} is damaged", fix="Index the channel again."
        )
    return records


def _is_sound(record: ChannelRecord) -> bool:
    """Whether it names a file, and its size can be one."""
    name = record.file
    named = name.endswith(SUFFIXES) and name.isprintable() and "/" not in name
    return named and len(name.encode()) <= _LONGEST and 0 <= record.size <= _LIMIT

"""The index of a channel on disk: records that are right are kept, the library makes the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.result import Finding
from devenv.products.conda.channel import with_records
from devenv.products.conda.inspection import files_of, packages_of, records_of
from devenv.products.conda.package import CondaPackage, file_findings
from devenv.system.files import remove, write_text

_SECTIONS = ("packages", "packages.conda")
_INDEX = "repodata.json"
_OTHERS = ("repodata_shards.msgpack.zst", "repodata.json.zst", "shards")
"""Installers prefer these to repodata.json, and would see an old index."""

Records = dict[Path, dict[str, Any]]
"""Package file -> what an index says of it."""


def index_channel(
    context: Context, channel: Path, *, force: bool = False, built: Path | None = None
) -> list[Finding]:
    """Index a channel that has no index, or any with `force`. Returns findings on excluded files."""
    if not force and (channel / "noarch" / "repodata.json").is_file():
        return []
    paths = files_of(channel)
    home, shadow = context.layout.home / "conda", channel / ".index"
    packages = packages_of(paths, home, context.environ, shadow)
    collected = {one.place: list(file_findings(one)) for one in packages}
    pairs = zip(paths, packages, strict=True)
    good = {path: one for path, one in pairs if not collected[one.place]}
    _write_index(channel, good, built, lambda new: records_of(new, shadow, home, context.environ))
    return [finding for findings in collected.values() for finding in findings]


def _write_index(
    folder: Path,
    packages: Mapping[Path, CondaPackage],
    built: Path | None,
    new_records: Callable[[list[Path]], Records],
) -> None:
    """Index the packages of a channel, and only those.

    A record whose file is what it was is kept, so that the cost is that of the new packages. built: a
    channel from which packages were copied, and whose index has their records. new_records: makes those
    that are missing.
    """
    subdirs = {"noarch", *_subdirs(folder)}
    indexes = {subdir: _read(folder / subdir) for subdir in sorted(subdirs)}
    known = _valid(packages, _records(folder, indexes))
    if built:
        copied = _records(folder, {subdir: _read(built / subdir) for subdir in subdirs})
        known |= _valid(packages, copied)
    inspected = ((path, one.record) for path, one in packages.items() if path not in known)
    known |= _valid(packages, inspected)
    known |= _valid(packages, new_records([one for one in packages if one not in known]).items())
    if missing := [one for one in packages if one not in known]:
        raise StateError(f"{missing[0]} could not be indexed", fix="Remove it from the channel.")
    for subdir, index in indexes.items():
        _write(
            folder / subdir,
            index,
            [one for one in sorted(known) if one.parent.name == subdir],
            known,
        )


def _subdirs(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]


def _read(folder: Path) -> dict[str, Any]:
    """An index; empty where it is missing or damaged."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}


def _records(folder: Path, indexes: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Path, Any]]:
    for subdir, index in indexes.items():
        for section in _SECTIONS:
            for file, record in (index.get(section) or {}).items():
                yield folder / subdir / file, record


def _valid(packages: Mapping[Path, CondaPackage], records: Iterable[tuple[Path, Any]]) -> Records:
    """The records of files that are what the records say."""
    return {
        path: record
        for path, record in records
        if isinstance(record, dict)
        and path in packages
        and packages[path].sha256 == record.get("sha256", "")
    }


def _write(folder: Path, index: Mapping[str, Any], files: list[Path], known: Records) -> None:
    """The index by one rename, where it changes."""
    after = with_records(index, folder.name, {one.name: known[one] for one in files})
    for name in _OTHERS:
        remove(folder / name)
    if after != index:
        write_text(folder / _INDEX, json.dumps(after))

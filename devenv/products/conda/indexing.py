"""The index of a channel on disk: records that are right are kept, the library makes the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError
from devenv.products.conda import engine
from devenv.products.conda.publishing import link
from devenv.system.files import make_folder, remove, temporary_folder, write_text

_SECTIONS = ("packages", "packages.conda")
_INDEX = "repodata.json"
_OTHERS = ("repodata_shards.msgpack.zst", "repodata.json.zst", "shards")
"""Installers prefer these to repodata.json, and would see an old index."""

Records = dict[Path, dict[str, Any]]
"""Package file -> what an index says of it."""


def write_index(
    folder: Path, packages: Mapping[Path, str], environ: Mapping[str, str], built: Path | None
) -> None:
    """Index the packages of a channel (file -> SHA-256), and only those.

    A record whose file is what it was is kept, so that the cost is that of the new packages. built: a
    channel from which packages were copied, and whose index has their records.
    """
    subdirs = {"noarch", *_subdirs(folder)}
    indexes = {subdir: _read(folder / subdir) for subdir in sorted(subdirs)}
    known = _valid(packages, _records(folder, indexes))
    if built:
        copied = _records(folder, {subdir: _read(built / subdir) for subdir in subdirs})
        known |= _valid(packages, copied)
    known |= _new_records([one for one in packages if one not in known], folder, environ)
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


def _valid(packages: Mapping[Path, str], records: Iterable[tuple[Path, Any]]) -> Records:
    """The records of files that are what the records say."""
    return {
        path: record
        for path, record in records
        if isinstance(record, dict) and packages.get(path) == record.get("sha256", "")
    }


def _new_records(packages: list[Path], folder: Path, environ: Mapping[str, str]) -> Records:
    """What the library says of packages, in a channel of links to them: it sees nothing else."""
    if not packages:
        return {}
    with temporary_folder(folder / ".index") as scratch:
        shadow = scratch / "channel"
        make_folder(shadow / "noarch")
        for package in packages:
            make_folder(shadow / package.parent.name)
            link(package, shadow / package.parent.name / package.name)
        engine.ask("index", {"channel": str(shadow)}, scratch, environ)
        found = dict(_records(folder, {one: _read(shadow / one) for one in _subdirs(shadow)}))
    remove(folder / ".index")
    if missing := [one for one in packages if one not in found]:
        raise StateError(f"{missing[0]} could not be indexed", fix="Remove it from the channel.")
    return found


def _write(folder: Path, index: Mapping[str, Any], files: list[Path], known: Records) -> None:
    """The index by one rename, where it changes."""
    sections: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    for one in files:
        section = "packages.conda" if one.name.endswith(".conda") else "packages"
        sections[section][one.name] = known[one]
    after = {"info": {"subdir": folder.name}, "repodata_version": 1, **index, **sections}
    for name in _OTHERS:
        remove(folder / name)
    if after != index:
        write_text(folder / _INDEX, json.dumps(after))

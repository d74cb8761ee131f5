"""Inspects the package files of channels, and caches the results while the files do not change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.products.conda import engine
from devenv.products.conda.package import SUFFIXES, CondaPackage, package_of
from devenv.system.files import digest as file_digest
from devenv.system.files import remove, temporary_folder, write_text
from devenv.system.os_errors import reporting

_BATCH = 50
"""Packages that are downloaded before they are inspected and removed."""


def files_of(channel: Path) -> list[Path]:
    """The package files of a channel, sorted. UsageError if it is not a directory."""
    if not channel.is_dir():
        raise UsageError(f"{channel} is not a directory", fix="Check the path of the channel.")
    with reporting(channel):
        return sorted(
            path
            for subdir in channel.iterdir()
            if subdir.is_dir() and not subdir.name.startswith(".")
            for path in subdir.iterdir()
            if path.name.endswith(SUFFIXES) and not path.name.startswith(".")
        )


def packages_of(
    paths: Sequence[Path], home: Path, environ: Mapping[str, str], shadow: Path | None = None
) -> list[CondaPackage]:
    """The metadata of each file. home: the folder of the cache.

    shadow: a path for temporary folders, on the file system of the files; it is removed. With it, files
    that are not in the cache also get their record of an index.
    """

    def inspect(new: Sequence[str]) -> dict[str, Any]:
        answers = inspect_files(new, home, environ, shadow)
        pairs = zip(new, answers, strict=True)
        return {path: _kept(Path(path), data) for path, data in pairs}

    place = cache_of(paths[0].parent.parent if paths else None, home)
    stamps = {str(path): _stamp(path) for path in paths}
    known = cached(place, stamps, inspect, lambda path: Path(path).is_file())
    return [_package(path, known[str(path)]) for path in paths]


def cached(
    place: Path,
    stamps: Mapping[str, list[Any]],
    inspect: Callable[[Sequence[str]], dict[str, Any]],
    exists: Callable[[str], bool],
) -> dict[str, Any]:
    """What a file has of each key with this stamp; `inspect` adds what is missing, or has another stamp.

    Keys that do not exist any more are removed.
    """
    known = _known(place)
    new = [key for key, stamp in stamps.items() if known.get(key, {}).get("stamp") != stamp]
    kept = {key: one for key, one in known.items() if key in stamps or exists(key)}
    if new:
        kept |= inspect(new)
    if new or len(kept) < len(known):
        write_text(place, json.dumps(kept))
    return kept


def records_of(
    paths: Sequence[Path], shadow: Path, home: Path, environ: Mapping[str, str]
) -> dict[Path, dict[str, Any]]:
    """The record of an index for each package file that can be read."""
    answers = inspect_files(list(map(str, paths)), home, environ, shadow) if paths else []
    pairs = zip(paths, answers, strict=True)
    return {path: data["record"] for path, data in pairs if "record" in data}


@dataclass(frozen=True)
class Downloaded:
    """What a package that was downloaded is. data: the library's answer about it. size: in bytes."""

    data: dict[str, Any]
    sha256: str
    size: int


def inspect_downloads(
    places: Sequence[str],
    download: Callable[[str, Path], bool],
    home: Path,
    environ: Mapping[str, str],
    *,
    records: bool,
) -> dict[str, Downloaded]:
    """Each package of a channel that can be downloaded, by its place there; a few at a time are kept.

    download: writes the package at a place to a path; False if there is none. home: a directory for
    temporary files. records: also ask for their records of an index.
    """
    found: dict[str, Downloaded] = {}
    for start in range(0, len(places), _BATCH):
        with temporary_folder(home) as folder:
            paths = {place: folder / "channel" / place for place in places[start : start + _BATCH]}
            for path in paths.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            served = {place: path for place, path in paths.items() if download(place, path)}
            shadow = folder / "shadow" if records else None
            files = list(map(str, served.values()))
            answers = inspect_files(files, folder, environ, shadow) if files else []
            for (place, path), data in zip(served.items(), answers, strict=True):
                found[place] = Downloaded(data, file_digest(path), path.stat().st_size)
    return found


def inspect_files(
    paths: Sequence[str], home: Path, environ: Mapping[str, str], shadow: Path | None
) -> list[dict[str, Any]]:
    """The library's answer about each file. shadow: as for `packages_of`."""

    def ask(folder: str) -> list[dict[str, Any]]:
        request = {"packages": paths, "shadow": folder}
        answers: list[dict[str, Any]] = engine.ask("inspect", request, home, environ)["packages"]
        return answers

    if shadow is None:
        return ask("")
    try:
        # An empty folder in it: what a killed process left has links to packages of before.
        with temporary_folder(shadow) as folder:
            return ask(str(folder))
    finally:
        remove(shadow)


def keep_inspected(channel: Path, packages: Mapping[str, Any], home: Path) -> None:
    """Store the metadata of new files, which their build already knows. packages: by path in the
    channel.
    """
    place = cache_of(channel, home)
    new = {str(channel / one): _kept(channel / one, data) for one, data in packages.items()}
    write_text(place, json.dumps({**_known(place), **new}))


def cache_of(channel: Path | str | None, home: Path) -> Path:
    """The file with the cached metadata of a channel."""
    return home / "inspected" / f"{digest(str(channel or ''))}.json"


def _known(place: Path) -> dict[str, Any]:
    return engine.answer_of(place) if place.is_file() else {}


def _kept(path: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"stamp": _stamp(path), "data": data, "sha256": file_digest(path)}


def _package(path: Path, kept: Mapping[str, Any]) -> CondaPackage:
    return package_of(path.parent.name, path.name, kept["data"], kept["sha256"])


def _stamp(path: Path) -> list[int]:
    result = path.stat()
    return [result.st_size, result.st_mtime_ns, result.st_ino]

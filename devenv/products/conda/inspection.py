"""Inspects the package files of channels, and caches the results while the files do not change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.products.conda import engine
from devenv.products.conda.package import SUFFIXES, CondaPackage, package_of
from devenv.system.files import digest as file_digest
from devenv.system.files import remove, write_text


def files_of(channel: Path) -> list[Path]:
    """The package files of a channel, sorted. UsageError if it is not a directory."""
    if not channel.is_dir():
        raise UsageError(f"{channel} is not a directory", fix="Check the path of the channel.")
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

    shadow: a path for a temporary folder, on the file system of the files. With it, files that are not
    in the cache also get their record of an index.
    """
    place = _place(paths[0].parent.parent if paths else None, home)
    known = _known(place)
    stamps = {str(path): _stamp(path) for path in paths}
    new = [path for path, stamp in stamps.items() if known.get(path, {}).get("stamp") != stamp]
    if new:
        answers = _inspected(new, home, environ, shadow)
        for path, data in zip(new, answers, strict=True):
            known[path] = _kept(Path(path), data)
    if new or known.keys() - stamps.keys():
        write_text(place, json.dumps({path: known[path] for path in stamps}))
    return [_package(path, known[str(path)]) for path in paths]


def records_of(
    paths: Sequence[Path], shadow: Path, home: Path, environ: Mapping[str, str]
) -> dict[Path, dict[str, Any]]:
    """The record of an index for each package file that can be read."""
    answers = _inspected(list(map(str, paths)), home, environ, shadow) if paths else []
    pairs = zip(paths, answers, strict=True)
    return {path: data["record"] for path, data in pairs if "record" in data}


def _inspected(
    paths: Sequence[str], home: Path, environ: Mapping[str, str], shadow: Path | None
) -> list[dict[str, Any]]:
    request = {"packages": paths, "shadow": str(shadow or "")}
    try:
        answers: list[dict[str, Any]] = engine.ask("inspect", request, home, environ)["packages"]
    finally:
        if shadow:
            remove(shadow)
    return answers


def keep_inspected(channel: Path, packages: Mapping[str, Any], home: Path) -> None:
    """Store the metadata of new files, which their build already knows. packages: by path in the
    channel.
    """
    place = _place(channel, home)
    new = {str(channel / one): _kept(channel / one, data) for one, data in packages.items()}
    write_text(place, json.dumps({**_known(place), **new}))


def _place(channel: Path | None, home: Path) -> Path:
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

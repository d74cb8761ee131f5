"""The index of a channel in a bucket, and what its packages are.

Packages are downloaded once, to be inspected. An index is replaced only if it is as it was read, and the
packages are listed once more afterwards, so that two processes at once leave a correct index.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError
from devenv.core.result import Finding
from devenv.products.conda.bucket import INDEX, OTHER_INDEXES, TRIES, Bucket, Stamp
from devenv.products.conda.channel import ChannelRecord, records_of, valid_records, with_records
from devenv.products.conda.inspection import cache_of, cached, inspect_downloads
from devenv.products.conda.package import SUFFIXES, CondaPackage, file_findings, package_of


@dataclass(frozen=True)
class StoredPackage:
    """A package in a bucket. size: in bytes."""

    package: CondaPackage
    size: int


def stored_packages(
    bucket: Bucket, objects: Mapping[str, Stamp], home: Path, environ: Mapping[str, str]
) -> list[StoredPackage]:
    """The metadata of each package, with its record of an index. home: the folder of the cache."""

    def inspect(new: Sequence[str]) -> dict[str, Any]:
        downloaded: dict[str, Stamp] = {}

        def download(place: str, path: Path) -> bool:
            downloaded[place] = bucket.download(path.parent.name, path.name, path)
            return True

        found = inspect_downloads(new, download, home, environ, records=True)
        return {
            place: {"stamp": downloaded[place], "data": one.data, "sha256": one.sha256}
            for place, one in found.items()
        }

    stamps = {place: stamp for place, stamp in objects.items() if place.endswith(SUFFIXES)}
    known = cached(cache_of(bucket.identity, home), stamps, inspect, stamps.__contains__)
    found = []
    for place in stamps:
        one, (subdir, file) = known[place], place.split("/")
        package = package_of(subdir, file, one["data"], one["sha256"])
        found.append(StoredPackage(package, one["stamp"][0]))
    return found


def read_bucket_index(bucket: Bucket, objects: Mapping[str, Stamp]) -> Iterator[ChannelRecord]:
    """All records of the channel's index. StateError if the index is damaged."""
    for subdir in _subdirs(objects):
        text = bucket.read(subdir, INDEX)
        index = _parsed(text[0]) if text else {}
        if index is None:
            raise StateError(
                f"{bucket.address}/{subdir}/{INDEX} is damaged",
                fix=f"Rewrite it: devenv conda index {bucket.address}",
            )
        yield from records_of(subdir, index)


def index_bucket(
    bucket: Bucket, home: Path, environ: Mapping[str, str]
) -> tuple[int, list[Finding]]:
    """Index the channel. Returns the number of packages, and findings on those that are left out.

    StateError if others change the channel all the time.
    """
    for _ in range(TRIES):
        # The indexes are read before the packages are listed: who uploads changes them in that order.
        subdirs = _subdirs(bucket.objects())
        indexes = {subdir: bucket.read(subdir, INDEX) for subdir in subdirs}
        objects = bucket.objects()
        found = [one.package for one in stored_packages(bucket, objects, home, environ)]
        findings = {one.place: list(file_findings(one)) for one in found}
        good = [one for one in found if not findings[one.place]]
        if _written(bucket, objects, indexes, good) and _same(objects, bucket.objects()):
            return len(good), [finding for some in findings.values() for finding in some]
    raise bucket.busy()


def _written(
    bucket: Bucket,
    objects: Mapping[str, Stamp],
    indexes: Mapping[str, tuple[bytes, str] | None],
    good: Sequence[CondaPackage],
) -> bool:
    """Write the index of each subdir, where it changes. False if another process did so first."""
    if not indexes.keys() >= {one.folder for one in good}:
        return False
    for subdir, read in indexes.items():
        before = (_parsed(read[0]) if read else None) or {}
        here = [one for one in good if one.folder == subdir]
        kept = valid_records(before, {one.file: one.sha256 for one in here})
        records = {one.file: one.record or {} for one in here} | kept
        after = with_records(before, subdir, records)
        if after != before:
            if not bucket.write_index(subdir, json.dumps(after), read and read[1]):
                return False
        elif any(f"{subdir}/{name}" in objects for name in OTHER_INDEXES):
            bucket.remove_other_indexes(subdir)
    return True


def _subdirs(objects: Mapping[str, Stamp]) -> list[str]:
    names = (place.split("/") for place in objects)
    return sorted({"noarch", *(a for a, b in names if b == INDEX or b.endswith(SUFFIXES))})


def _same(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> bool:
    """Whether the packages are the same. The indexes are not, since they were written meanwhile."""

    def packages(objects: Mapping[str, Stamp]) -> dict[str, Stamp]:
        return {place: stamp for place, stamp in objects.items() if place.endswith(SUFFIXES)}

    return packages(before) == packages(after)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """The data of an index; None if it is damaged."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None

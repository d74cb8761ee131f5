"""The index of a channel: its records, and their dependencies. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.content import digest
from devenv.core.errors import StateError
from devenv.products.conda.specs import package_name


@dataclass(frozen=True)
class ChannelRecord:
    """A package in a channel's index. file: its name. sha256, size: of the file, from the index."""

    subdir: str
    file: str
    name: str
    version: str
    build: str
    number: int = 0
    sha256: str = ""
    size: int = 0
    depends: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The path of the file in the channel: ``SUBDIR/FILE``."""
        return f"{self.subdir}/{self.file}"


def records_of(subdir: str, index: Mapping[str, object]) -> Iterator[ChannelRecord]:
    """The records of a repodata.json."""
    for section in ("packages", "packages.conda"):
        packages = index.get(section)
        for file, one in (packages if isinstance(packages, dict) else {}).items():
            yield ChannelRecord(
                subdir,
                file,
                str(one.get("name", "")),
                str(one.get("version", "")),
                str(one.get("build", "")),
                int(one.get("build_number", 0)),
                str(one.get("sha256", "")),
                int(one.get("size", 0)),
                tuple(map(str, one.get("depends", ()))),
            )


def listed_digest(text: bytes, file: str, where: str) -> str | None:
    """The SHA-256 of a file in the text of a repodata.json; None if it is not listed."""
    try:
        index = json.loads(text)
        record = {**index.get("packages", {}), **index.get("packages.conda", {})}.get(file)
    except (ValueError, AttributeError, TypeError):
        raise StateError(f"{where}: its index is not valid JSON") from None
    return None if record is None else str(record.get("sha256", ""))


def with_record(text: bytes | None, subdir: str, file: str, record: Mapping[str, object]) -> str:
    """The text of a repodata.json with this record of a file; an empty record removes it.

    text: of the current index; None if there is none. ValueError if it is damaged.
    """
    empty: dict[str, Any] = {"info": {"subdir": subdir}, "repodata_version": 1}
    index = json.loads(text) if text else empty
    for section in ("packages", "packages.conda"):
        index.setdefault(section, {}).pop(file, None)
    if record:
        index["packages.conda" if file.endswith(".conda") else "packages"][file] = dict(record)
    return json.dumps(index)


def with_records(
    index: Mapping[str, Any], subdir: str, records: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The data of a repodata.json with the records (by file), and only those."""
    sections: dict[str, dict[str, Any]] = {"packages": {}, "packages.conda": {}}
    for file, record in sorted(records.items()):
        sections["packages.conda" if file.endswith(".conda") else "packages"][file] = record
    return {"info": {"subdir": subdir}, "repodata_version": 1, **index, **sections}


def valid_records(
    index: Mapping[str, Any], hashes: Mapping[str, str]
) -> dict[str, Mapping[str, Any]]:
    """The records, by file, that have the SHA-256 of their file. hashes: file -> SHA-256."""
    sections = (index.get(name) for name in ("packages", "packages.conda"))
    return {
        file: record
        for section in sections
        for file, record in (section if isinstance(section, dict) else {}).items()
        if isinstance(record, dict) and hashes.get(file) == record.get("sha256", "")
    }


def closure_digest(names: Iterable[str], records: Iterable[ChannelRecord]) -> str:
    """The digest of all packages that an environment with these names could contain."""
    by_name: dict[str, list[ChannelRecord]] = {}
    for record in records:
        by_name.setdefault(record.name, []).append(record)
    queue, seen = list(names), set[str]()
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            depends = (spec for one in by_name.get(name, ()) for spec in one.depends)
            queue += map(package_name, depends)
    used = (one for name in sorted(seen) for one in by_name.get(name, ()))
    return digest(*sorted(f"{one.place} {one.sha256}" for one in used))

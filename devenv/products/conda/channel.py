"""A channel as its index has it: the records, and what depends on what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from devenv.core.content import digest
from devenv.products.conda.specs import package_name


@dataclass(frozen=True)
class ChannelRecord:
    """A package of a channel. file: its name. sha256, size: of the file, as the index says."""

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


def closure_digest(names: Iterable[str], records: Iterable[ChannelRecord]) -> str:
    """Of all packages that an environment with these names could be made of."""
    by_name: dict[str, list[ChannelRecord]] = {}
    for record in records:
        by_name.setdefault(record.name, []).append(record)
    wanted, seen = list(names), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            depends = (spec for one in by_name.get(name, ()) for spec in one.depends)
            wanted += map(package_name, depends)
    used = (one for name in sorted(seen) for one in by_name.get(name, ()))
    return digest(*sorted(f"{one.place} {one.sha256}" for one in used))

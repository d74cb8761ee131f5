"""What the packages of a folder say of themselves: the metadata that stands beside each (dist-info)."""

from __future__ import annotations

import base64
import csv
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

from devenv.core.names import normalised
from devenv.system.seals import sealed_hashes


def requirements(folders: Sequence[str | Path], python: str) -> dict[str, tuple[str, ...]]:
    """Name of each package in `folders` -> the names that it requires, both as the index compares them.

    python: the full version that the packages are for. Extras are left out: nobody can tell from a
    folder which of them were asked for. Of a package that is there twice, the first counts. Source:
    the core metadata specification, Requires-Dist.
    """
    version = ".".join(python.split(".")[:2])
    about = {"python_version": version, "python_full_version": python, "extra": ""}
    found: dict[str, tuple[str, ...]] = {}
    for one in distributions(path=[str(folder) for folder in folders]):
        name = one.metadata["Name"]
        if name:
            needs = dict.fromkeys(_required(one.requires or (), about))
            found.setdefault(normalised(name), tuple(needs))
    return found


def misrecorded(folder: Path, without: Collection[str] = ()) -> tuple[str, ...]:
    """The files in a sealed environment that are others than the packages that brought them say.

    An installer takes what its cache holds, and no installer compares it. A file that a package lists
    and does not bring is not counted. Source: the specification of recording installed projects, RECORD.

    without: names relative to the folder that are not counted either.
    """
    hashes = {n: h for n, h in sealed_hashes(folder).items() if n not in without}
    found: list[str] = []
    for record in folder.rglob("*.dist-info/RECORD"):
        for row in csv.reader(record.read_text(encoding="utf-8").splitlines()):
            name, digest = os.path.normpath(record.parents[1] / row[0]), row[1]
            kept = hashes.get(os.path.relpath(name, folder))
            if kept and digest.startswith("sha256=") and _hex(digest) != kept:
                found.append(name)
    return tuple(found)


def _hex(digest: str) -> str:
    return base64.urlsafe_b64decode(f"{digest.removeprefix('sha256=')}==").hex()


def _required(lines: Sequence[str], about: Mapping[str, str]) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # of a package that is installed and works all the same
        if requirement.marker is None or requirement.marker.evaluate(dict(about)):
            yield normalised(requirement.name)

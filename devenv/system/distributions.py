"""What the packages of a folder say of themselves: the metadata that stands beside each (dist-info)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

from devenv.core.names import normalised


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


def _required(lines: Sequence[str], about: Mapping[str, str]) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # of a package that is installed and works all the same
        if requirement.marker is None or requirement.marker.evaluate(dict(about)):
            yield normalised(requirement.name)

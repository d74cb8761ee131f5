"""Metadata of installed packages (dist-info)."""

from __future__ import annotations

import base64
import csv
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

from devenv.core.names import normalise_name
from devenv.system.seals import sealed_hashes


def requirements(folders: Sequence[str | Path], python: str) -> dict[str, tuple[str, ...]]:
    """Name of each package in `folders` -> the names of its requirements, both normalised.

    python: the full version that the packages are for. Requirements of extras are omitted, since a
    directory does not say which extras were requested. Of duplicate packages the first one is used.
    Source: core metadata specification, Requires-Dist.
    """
    version = ".".join(python.split(".")[:2])
    about = {"python_version": version, "python_full_version": python, "extra": ""}
    required: dict[str, tuple[str, ...]] = {}
    for one in distributions(path=[str(folder) for folder in folders]):
        name = one.metadata["Name"]
        if name:
            needs = dict.fromkeys(_required(one.requires or (), about))
            required.setdefault(normalise_name(name), tuple(needs))
    return required


def misrecorded(folder: Path, without: Collection[str] = ()) -> tuple[str, ...]:
    """The files of a sealed environment whose hashes differ from those in their packages' RECORD.

    Installers use files from a cache without comparing them. Files in RECORD that the package does not
    contain are ignored. Source: "Recording installed projects", RECORD.

    without: names to ignore, relative to the directory.
    """
    hashes = {n: h for n, h in sealed_hashes(folder).items() if n not in without}
    differing: list[str] = []
    for record in folder.rglob("*.dist-info/RECORD"):
        for row in csv.reader(record.read_text(encoding="utf-8").splitlines()):
            name, digest = os.path.normpath(record.parents[1] / row[0]), row[1]
            kept = hashes.get(os.path.relpath(name, folder))
            if kept and digest.startswith("sha256=") and _hex(digest) != kept:
                differing.append(name)
    return tuple(differing)


def _hex(digest: str) -> str:
    return base64.urlsafe_b64decode(f"{digest.removeprefix('sha256=')}==").hex()


def _required(lines: Sequence[str], about: Mapping[str, str]) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # the package is installed and works nevertheless
        if requirement.marker is None or requirement.marker.evaluate(dict(about)):
            yield normalise_name(requirement.name)

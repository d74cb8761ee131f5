"""Finds the NEURON that a package's own tox environment requires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from devenv.core.names import normalise_name

NEURONS = frozenset({"neuron", "neuron-nightly", "neuron-gpu", "neuron-gpu-nightly"})
"""The distributions of NEURON. Each contains the module ``neuron``."""


def required_neuron(lines: Iterable[str], extras: Iterable[str] = ()) -> str:
    """The requirement on NEURON among requirements (PEP 508), without its marker; empty for none.

    extras: those that markers are evaluated with. Lines that are not requirements (options, paths) are
    ignored.
    """
    return next(_neurons(lines, ("", *extras)), "")


def _neurons(lines: Iterable[str], extras: tuple[str, ...]) -> Iterator[str]:
    for line in lines:
        try:
            requirement = Requirement(line.partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        marker, requirement.marker = requirement.marker, None
        applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
        if applies and normalise_name(requirement.name) in NEURONS:
            yield str(requirement)


def group_requirements(pyproject: str, groups: Iterable[str]) -> tuple[str, ...]:
    """The requirements in these dependency groups (PEP 735) of a pyproject.toml, given as text.

    Invalid entries are ignored, since tox itself rejects them.
    """
    try:
        table = msgspec.toml.decode(pyproject).get("dependency-groups", {})
    except msgspec.DecodeError:
        return ()
    known = {normalise_name(name): lines for name, lines in table.items()}
    return tuple(_grouped(known, [normalise_name(group) for group in groups], set()))


def _grouped(
    known: Mapping[str, list[str | dict[str, str]]], groups: Iterable[str], seen: set[str]
) -> Iterator[str]:
    for group in groups:
        if group in seen:
            continue
        seen.add(group)
        for line in known.get(group, ()):
            if isinstance(line, str):
                yield line
            else:
                yield from _grouped(known, [normalise_name(line.get("include-group", ""))], seen)


def satisfies(distribution: str, version: str, requirement: str) -> bool:
    """Whether this distribution of NEURON satisfies a requirement."""
    parsed = Requirement(requirement)
    if normalise_name(parsed.name) != distribution or parsed.url:
        return False
    try:
        return parsed.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:  # a NEURON built by hand may have any version string
        return not parsed.specifier

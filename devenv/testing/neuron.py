"""Which NEURON a package's own tox environment names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from devenv.core.names import normalised

NEURONS = frozenset({"neuron", "neuron-nightly", "neuron-gpu", "neuron-gpu-nightly"})
"""The distributions that NEURON comes in; each brings a module ``neuron``."""


def required_neuron(lines: Iterable[str], extras: Iterable[str] = ()) -> str:
    """The requirement on NEURON among requirements (PEP 508), without its marker; empty for none.

    extras: under which the markers are looked at. What is no requirement (an option, a path) is
    passed over.
    """
    return next(_neurons(lines, ("", *extras)), "")


def _neurons(lines: Iterable[str], extras: tuple[str, ...]) -> Iterator[str]:
    for line in lines:
        try:
            found = Requirement(line.partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        marker, found.marker = found.marker, None
        applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
        if applies and normalised(found.name) in NEURONS:
            yield str(found)


def group_requirements(pyproject: str, groups: Iterable[str]) -> tuple[str, ...]:
    """The requirements in these dependency groups (PEP 735) of the text of a pyproject.toml.

    What is not as the standard says is passed over: tox itself refuses it.
    """
    try:
        table = msgspec.toml.decode(pyproject).get("dependency-groups", {})
    except msgspec.DecodeError:
        return ()
    known = {normalised(name): lines for name, lines in table.items()}
    return tuple(_grouped(known, [normalised(group) for group in groups], set()))


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
                yield from _grouped(known, [normalised(line.get("include-group", ""))], seen)


def satisfies(distribution: str, version: str, requirement: str) -> bool:
    """Whether that NEURON is the one that a requirement names."""
    wanted = Requirement(requirement)
    if normalised(wanted.name) != distribution or wanted.url:
        return False
    try:
        return wanted.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:  # one that was built by hand may call itself anything
        return not wanted.specifier

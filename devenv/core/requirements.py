"""Requirements in pip's notation: the lines of a lock, and the distribution a requirement names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devenv.core.errors import UsageError
from devenv.core.names import normalise_name


def distributions(lock: Sequence[str]) -> tuple[str, ...]:
    """``name==version`` of each package in a lock."""
    heads = (line.split(";")[0].split("\\")[0].strip() for line in lock)
    return tuple(h for h in heads if h and not h.startswith(("--", "#")))


def locked_version(lock: Sequence[str], name: str) -> str:
    """The version of a package in a lock; empty if it is not there. name: normalised."""
    pins = (head.partition("==") for head in distributions(lock))
    return next((version for own, _, version in pins if normalise_name(own) == name), "")


def satisfies(lock: Sequence[str], wanted: Iterable[str], python: str) -> bool:
    """Whether a lock has a version of everything in `wanted`, for this version of Python.

    False if something is not a requirement, or is a URL: a lock cannot show that it is satisfied.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    pins = dict(head.split("==", 1) for head in distributions(lock) if "==" in head)
    versions = {normalise_name(name.split("[")[0]): version for name, version in pins.items()}
    facts = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
    try:
        requirements = [Requirement(one) for one in wanted]
    except InvalidRequirement:
        return False
    return all(
        not one.url
        and normalise_name(one.name) in versions
        and one.specifier.contains(versions[normalise_name(one.name)], prereleases=True)
        for one in requirements
        if one.marker is None or one.marker.evaluate(facts)
    )


def requirement_name(requirement: str, where: str = "") -> str:
    """The distribution that a requirement names: ``Neuron[x]>=9`` -> ``neuron``.

    UsageError for an invalid requirement; where: the file and key, for the message.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalise_name(Requirement(requirement).name)
    except InvalidRequirement as error:
        place = f"{where}: " if where else ""
        raise UsageError(
            f"{place}invalid requirement {requirement!r}: {str(error).splitlines()[0]}",
            fix="Write it as pip does, for instance 'neuron==9.0.2'.",
        ) from None

"""Requirements as pip writes them: the lines of a lock, and the distribution that one names."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.core.errors import UsageError
from devenv.core.names import normalised


def distributions(lock: Sequence[str]) -> tuple[str, ...]:
    """``name==version`` of each package in a lock."""
    heads = (line.split(";")[0].split("\\")[0].strip() for line in lock)
    return tuple(h for h in heads if h and not h.startswith(("--", "#")))


def requirement_name(requirement: str) -> str:
    """The distribution that a requirement names: ``Neuron[x]>=9`` -> ``neuron``."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalised(Requirement(requirement).name)
    except InvalidRequirement as error:
        raise UsageError(
            f"{requirement!r} is no requirement: {str(error).splitlines()[0]}",
            fix="Write it as pip does, for instance 'neuron==9.0.2'.",
        ) from None

"""Requirements in pip's notation: the lines of a lock, and the distribution a requirement names."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.core.errors import UsageError
from devenv.core.names import normalised


def distributions(lock: Sequence[str]) -> tuple[str, ...]:
    """``name==version`` of each package in a lock."""
    heads = (line.split(";")[0].split("\\")[0].strip() for line in lock)
    return tuple(h for h in heads if h and not h.startswith(("--", "#")))


def requirement_name(requirement: str, where: str = "") -> str:
    """The distribution that a requirement names: ``Neuron[x]>=9`` -> ``neuron``.

    UsageError for an invalid requirement; where: the file and key, for the message.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalised(Requirement(requirement).name)
    except InvalidRequirement as error:
        place = f"{where}: " if where else ""
        raise UsageError(
            f"{place}invalid requirement {requirement!r}: {str(error).splitlines()[0]}",
            fix="Write it as pip does, for instance 'neuron==9.0.2'.",
        ) from None

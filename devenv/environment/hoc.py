"""Where NEURON finds HOC files in an environment: HOC_LIBRARY_PATH."""

from __future__ import annotations

from devenv.core.activation import Contribution
from devenv.core.delta import Edit, Prepend, Remove
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Link, Step
from devenv.environment.foundation import Foundation


def hoc_edits(
    foundation: Foundation, other: Foundation, folder: GenerationLayout
) -> tuple[Edit, ...]:
    """HOC_LIBRARY_PATH from what `foundation` makes of it to what `other` does."""
    before, after = hoc_folders(foundation, folder)[0], hoc_folders(other, folder)[0]
    if before == after:
        return ()
    away = tuple(Remove("HOC_LIBRARY_PATH", hoc.value, hoc.origin) for hoc in before)
    return (*away, *(Prepend("HOC_LIBRARY_PATH", hoc.value, hoc.origin) for hoc in after[::-1]))


def hoc_folders(
    foundation: Foundation, folder: GenerationLayout
) -> tuple[tuple[Contribution, ...], tuple[Step, ...]]:
    """HOC folders, those of dev sources first, and a link for each whose path has a blank.

    NEURON splits HOC_LIBRARY_PATH at blanks. The link is to the folder, so that new files show.
    """
    developed = {s.package for s in foundation.environment.develop}
    ordered = sorted(foundation.places("hoc"), key=lambda place: place.package not in developed)
    found: list[Contribution] = []
    links: list[Step] = []
    for number, place in enumerate(ordered):
        path = place.path
        if any(c.isspace() or c == ":" for c in path):
            path = str(folder.hoc(f"{place.package}-{number}"))
            links.append(Link(path, place.path))
        kind = "dev source" if place.package in developed else "package"
        found.append(Contribution("HOC_LIBRARY_PATH", path, f"{kind} {place.package}"))
    return tuple(found), tuple(links)


def engine_hoc(foundation: Foundation) -> tuple[str, ...]:
    """HOC folders that the engine brings, the first in front."""
    edits = (e for e in foundation.engine_delta.edits if e.name == "HOC_LIBRARY_PATH")
    return tuple(e.value for e in edits if isinstance(e, Prepend))[::-1]

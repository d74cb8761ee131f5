"""Cells, which are recipes in one variant: their build order, and duplicate packages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devenv.core.errors import UsageError
from devenv.products.conda.recipe import Note
from devenv.products.conda.specs import package_name


@dataclass(frozen=True)
class Output:
    """A package that a cell builds. requirements: by section (build, host, run)."""

    name: str
    version: str
    build: str
    subdir: str
    requirements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the package file."""
        return f"{self.name}-{self.version}-{self.build}.conda"

    @property
    def place(self) -> str:
        """Its path in a channel."""
        return f"{self.subdir}/{self.file}"


@dataclass(frozen=True)
class CondaCell:
    """A recipe in one variant. path: of the recipe's file.

    recipe: its content in the form of recipe.yaml; None if the file itself has that form.

    skipped: why it is not built; empty if it is.
    """

    path: str
    variant: Mapping[str, str]
    outputs: tuple[Output, ...] = ()
    recipe: Mapping[str, Any] | None = None
    notes: tuple[Note, ...] = ()
    skipped: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """Names of the packages that are needed before it is built and tested."""
        return frozenset(
            package_name(spec)
            for output in self.outputs
            for specs in output.requirements.values()
            for spec in specs
        )

    @property
    def title(self) -> str:
        """The outputs and the variant, for people: ``NAME VERSION [key=value]``."""
        names = ", ".join(f"{o.name} {o.version}" for o in self.outputs) or self.path
        return f"{names} [{words(self.variant)}]" if self.variant else names


def words(variant: Mapping[str, str]) -> str:
    """A variant for people: ``key=value`` pairs, sorted by key."""
    return " ".join(f"{key}={value}" for key, value in sorted(variant.items()))


def in_order(cells: Sequence[CondaCell]) -> list[CondaCell]:
    """The cells in an order in which each comes after the recipes that it depends on.

    UsageError for cyclic dependencies between recipes.
    """
    makers: dict[str, set[str]] = {}
    for cell in cells:
        for output in cell.outputs:
            makers.setdefault(output.name, set()).add(cell.path)
    before = {cell.path: set[str]() for cell in cells}
    for cell in cells:
        for name in cell.needs:
            before[cell.path] |= makers.get(name, set()) - {cell.path}
    ordered: list[str] = []
    for path in before:
        _visit(path, before, ordered, ())
    return sorted(cells, key=lambda cell: ordered.index(cell.path))


def _visit(
    path: str, before: Mapping[str, set[str]], ordered: list[str], above: tuple[str, ...]
) -> None:
    if path in above:
        circle = " -> ".join((*above[above.index(path) :], path))
        raise UsageError(
            f"cyclic dependencies between recipes: {circle}",
            fix="Remove one of the requirements, or build one of them from another channel.",
        )
    if path in ordered:
        return
    for one in sorted(before[path]):
        _visit(one, before, ordered, (*above, path))
    ordered.append(path)


def without_repeats(cells: Iterable[CondaCell]) -> tuple[list[CondaCell], list[str]]:
    """The cells without those that would build the same files again, and a message for each of these."""
    first: dict[str, CondaCell] = {}
    kept, messages = [], []
    for cell in cells:
        twin = next((first[o.place] for o in cell.outputs if o.place in first), None)
        if twin is None:
            kept.append(cell)
            first |= {output.place: cell for output in cell.outputs}
        elif twin.path != cell.path:
            raise UsageError(
                f"{twin.path} and {cell.path} both make {cell.outputs[0].file}",
                fix="Give one of them another name, version, build number or build string.",
            )
        else:
            file = cell.outputs[0].file
            messages.append(
                f"{file}: [{words(cell.variant)}] makes the same file as [{words(twin.variant)}]"
            )
    return kept, messages

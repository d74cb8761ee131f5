"""A recipe of a conda package, as data: its text, its variants, and what it renders to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["changed", "ignored", "unknown"]


@dataclass(frozen=True)
class Note:
    """Something of a recipe that is not taken over word by word.

    line: in the recipe's file, or in the one at `path`. changed: written in another way. ignored: it
    has no effect on the package. unknown: not understood; nothing is built from such a recipe.
    """

    line: int
    kind: Kind
    text: str
    path: str = ""


@dataclass(frozen=True)
class RecipeSource:
    """A recipe as it stands on disk. path: of its file. files: the names beside it.

    configs: the variant configurations that count for it (path, text), the strongest last.
    """

    path: str
    text: str
    files: frozenset[str] = frozenset()
    configs: tuple[tuple[str, str], ...] = ()

    @property
    def legacy(self) -> bool:
        """Whether it is a meta.yaml of conda-build, not a recipe.yaml."""
        return self.path.endswith("meta.yaml")


@dataclass(frozen=True)
class Rendered:
    """A recipe rendered for one variant. recipe: in the form of recipe.yaml (version 1).

    skipped: the condition for which it is not built; empty where it is.
    """

    variant: Mapping[str, str]
    recipe: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    skipped: str = ""

    @property
    def name(self) -> str:
        return str(self.recipe.get("package", self.recipe.get("recipe", {})).get("name", ""))

    @property
    def version(self) -> str:
        return str(self.recipe.get("package", self.recipe.get("recipe", {})).get("version", ""))


@dataclass(frozen=True)
class Host:
    """What rendering depends on besides the recipe. platform: ``linux-64``.

    python: major.minor, where no configuration names one. environ: variables that recipes read. secrets:
    the names of those whose values must not be written down.
    """

    platform: str
    python: str
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

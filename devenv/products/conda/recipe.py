"""A recipe of a conda package as data: its text, its variants, and its rendered form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["changed", "ignored", "unknown"]


@dataclass(frozen=True)
class Note:
    """An entry of a recipe that is not converted literally.

    line: in the recipe's file, or in the file at `path`. kind: changed: converted to another form.
    ignored: without effect on the package. unknown: not understood; such a recipe is not built.
    """

    line: int
    kind: Kind
    text: str
    path: str = ""


@dataclass(frozen=True)
class RecipeSource:
    """A recipe on disk. path: of its file. files: the names in its folder.

    configs: (path, text) of its variant configurations, in increasing precedence.
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

    skipped: the condition for which it is not built; empty if it is built.
    """

    variant: Mapping[str, str]
    recipe: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    skipped: str = ""

    @property
    def name(self) -> str:
        """The name of the package, or of the recipe with several outputs; empty for none."""
        return str(self.recipe.get("package", self.recipe.get("recipe", {})).get("name", ""))

    @property
    def version(self) -> str:
        """The version of the package, or of the recipe with several outputs; empty for none."""
        return str(self.recipe.get("package", self.recipe.get("recipe", {})).get("version", ""))


@dataclass(frozen=True)
class Host:
    """The host facts that rendering depends on. platform: ``linux-64``.

    python: major.minor, the default if no configuration names one. environ: variables that recipes read.
    secrets: the names of variables whose values must not be written to disk.
    """

    platform: str
    python: str
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

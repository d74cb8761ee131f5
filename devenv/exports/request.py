"""The input of every export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devenv.core.delta import EnvironmentDelta, apply
from devenv.core.environment import Generation


@dataclass(frozen=True)
class ExportFile:
    """A file of an export. path: relative to the target folder. merge: makes the new text from the
    current one (empty for a new file); ValueError if that cannot be kept. private: whether only its
    owner may read it."""

    path: str
    merge: Callable[[str], str]
    private: bool = False


@dataclass(frozen=True)
class ExportRequest:
    """A generation to export. current: the link to its directory. environ: the caller's variables."""

    generation: Generation
    current: str
    environ: Mapping[str, str]

    @property
    def delta(self) -> EnvironmentDelta:
        return self.generation.delta

    def alone(self) -> dict[str, str]:
        """The variables after the delta is applied to an empty environment."""
        return apply(self.delta, {})

    def around(self, name: str, reference: str) -> str:
        """A path list with our entries around `reference`, which stands for the old value."""
        return apply(self.delta, {name: "\0"})[name].replace("\0", reference)

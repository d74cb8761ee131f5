"""What every export is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.delta import Append, EnvironmentDelta, Prepend, Remove, apply
from devenv.core.environment import Generation


@dataclass(frozen=True)
class Request:
    """current: the folder of the generation in use, through its link. environ: the caller's."""

    generation: Generation
    current: str
    environ: Mapping[str, str]

    @property
    def delta(self) -> EnvironmentDelta:
        return self.generation.delta

    def lists(self) -> tuple[str, ...]:
        """The variables that are path lists."""
        edits = (e for e in self.delta.edits if isinstance(e, (Prepend, Append, Remove)))
        return tuple(dict.fromkeys(edit.name for edit in edits))

    def alone(self) -> dict[str, str]:
        """What the delta makes of no variables at all."""
        return apply(self.delta, {})

    def around(self, name: str, there: str) -> str:
        """A path list with ours around `there`, text that stands for what is there."""
        return apply(self.delta, {name: "\0"})[name].replace("\0", there)

"""What there is to know of an engine without the engine itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.names import unknown


@dataclass(frozen=True)
class EngineFacts:
    """summary: what it makes an environment of, for people.

    compiles_models: whether devenv compiles the models of its environments; else the engine installs
    them by means of its own, and a model has no stamp of devenv's.
    """

    summary: str
    compiles_models: bool = False


ENGINES: dict[str, EngineFacts] = {
    "venv": EngineFacts("wheels from the package index, and models that devenv compiles", True),
    "spack": EngineFacts("real Spack, with models built from recipes"),
    "conda": EngineFacts("packages from conda channels"),
}
"""Each engine by its name. `devenv.engines.registry` has the engines themselves."""


def facts_of(name: str) -> EngineFacts:
    """UsageError for a name that no engine has."""
    return ENGINES[checked_engine(name)]


def checked_engine(name: str, where: str = "", known: Mapping[str, object] = ENGINES) -> str:
    """`name`. UsageError where no engine has it; where: who names it."""
    if name not in known:
        raise unknown("engine", name, known, where)
    return name

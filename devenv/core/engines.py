"""Facts about the engines, for code that must not import them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.names import unknown


@dataclass(frozen=True)
class EngineFacts:
    """Facts about an engine. summary: what its environments consist of, for people.

    compiles_models: whether devenv compiles the models of its environments. If not, the engine
    installs them, and they have no stamp (model.json).
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
    """The facts about an engine. UsageError for an unknown name."""
    return ENGINES[checked_engine(name)]


def checked_engine(name: str, where: str = "", known: Mapping[str, object] = ENGINES) -> str:
    """`name`, if it is in `known`; otherwise UsageError. where: the option or file with the name."""
    if name not in known:
        raise unknown("engine", name, known, where)
    return name

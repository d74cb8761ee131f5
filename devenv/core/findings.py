"""The findings of `devenv init` in a folder, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """One finding. what: a folder, a requirement or a name. why: where it was seen and how, in words."""

    what: str
    why: str


@dataclass(frozen=True)
class Findings:
    """All findings in a folder. Paths are relative to it.

    mods, hoc: folders with such files. left_out: folders with MOD files that belong to no model,
    and lines of requirements files that are not requirements. develop: the package whose source the
    folder is. mpi: the script that starts ranks, if any. unknown: modules that scripts import and
    nothing installs. script: the command to run.
    """

    neuron: Seen
    python: Seen
    mods: tuple[Seen, ...] = ()
    hoc: tuple[Seen, ...] = ()
    left_out: tuple[Seen, ...] = ()
    packages: tuple[Seen, ...] = ()
    develop: Seen | None = None
    mpi: str = ""
    unknown: tuple[Seen, ...] = ()
    script: tuple[str, ...] = ()

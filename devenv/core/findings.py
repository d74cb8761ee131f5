"""What `devenv init` saw in a folder, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """One thing that was seen. what: a folder, a requirement or a name. why: where and how, in words."""

    what: str
    why: str


@dataclass(frozen=True)
class Findings:
    """Paths are relative to the folder. mods, hoc: folders. left_out: folders with mods that are in
    no model, and lines of requirement files that are none. packages: requirements. neuron: the
    requirement. develop: the package whose source the folder is. mpi: the script that starts ranks, if
    any. unknown: modules that scripts import and nothing installs. script: what there is to run.
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

"""What the checks judge, all of it gathered beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devenv.core.environment import Generation
from devenv.core.machine import Mpi
from devenv.core.result import Finding


@dataclass(frozen=True)
class ModuleAnswer:
    """A top-level module of a dev source as the environment's Python sees it. Paths are real ones.

    expected: where it should come from. found: where an import looks (find_spec). imported: where it
    came from when it was imported; error: why it could not be. shell: all copies on the PYTHONPATH of
    the shell that devenv was called from, in order.
    """

    package: str
    name: str
    expected: str
    found: str = ""
    imported: str = ""
    error: str = ""
    shell: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the environment's Python said. An empty path: there is none.

    special: the first in PATH. hoc: for each HOC file of the environment the first that NEURON finds
    and the one that it should find. local: mechanism files of the working directory that get in front.
    loaded: libraries of another NEURON or model that LD_LIBRARY_PATH or LD_PRELOAD names. variables:
    name, value, and whether there is such a file, for each that the environment sets.
    """

    modules: tuple[ModuleAnswer, ...] = ()
    special: str = ""
    hoc: tuple[tuple[str, str, str], ...] = ()
    local: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()
    variables: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class Start:
    """What one program that starts NEURON said.

    loaded: whether it has the model's library. others: further libraries of mechanisms that it has.
    inserted: mechanisms of the model that it inserted. failure: what it said at the end.
    """

    program: str
    loaded: bool = False
    others: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Evidence:
    """Everything that `devenv doctor` knows about an environment and where it stands.

    environ: of the shell that devenv was called from. answer: None where the environment's Python
    gave none; failure: then why. gone: dev sources whose folder is not there. damaged: what is not as it
    was made, in words; verified: how many folders were compared. shadows: modules on
    PYTHONPATH that bear the name of one of Python's own. base: why the base's
    modules cannot be loaded, and the way out. stale: in what it is behind its sources, in words.
    libmpi: the flavour of the library that NEURON opens. libpython: the shared library of the
    environment's Python. compiler: the C++ compiler; unfit: why the one that is named is none. Each
    empty for none. starts: of the programs that have the model. What a base brings is looked for with
    it loaded.
    """

    generation: Generation
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    answer: Answer | None = None
    failure: str = ""
    gone: tuple[tuple[str, str], ...] = ()
    damaged: tuple[str, ...] = ()
    verified: int = 0
    shadows: tuple[str, ...] = ()
    base: str = ""
    stale: tuple[str, ...] = ()
    mpi: tuple[Mpi, ...] = ()
    libmpi: str = ""
    libpython: str = ""
    compiler: str = ""
    unfit: str = ""
    starts: tuple[Start, ...] = ()


class Check(Protocol):
    """One check: a module of this folder. ID begins the id of each of its findings."""

    ID: str

    def judge(self, evidence: Evidence) -> tuple[Finding, ...]:
        """At least one finding: ok where all is well, none where the check does not apply."""
        ...

"""The evidence that the checks judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devenv.core.environment import Generation
from devenv.core.machine import Mpi
from devenv.core.result import Finding


@dataclass(frozen=True)
class ModuleAnswer:
    """A top-level module of a dev source as the environment's Python sees it. Paths are resolved.

    expected: where it should come from. found: where find_spec finds it. imported: where it came from
    when it was imported; error: why the import failed. shell: all copies on the PYTHONPATH of the
    calling shell, in order.
    """

    package: str
    name: str
    expected: str
    found: str = ""
    imported: str = ""
    error: str = ""
    shell: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonAnswer:
    """The answer of the environment's Python. An empty path means none.

    special: the first in PATH. hoc: for each HOC file of the environment its name, the path that NEURON
    finds first and the path that it should find. local: the files of a compiled model in the working
    directory. loaded: libraries of another NEURON or model that LD_LIBRARY_PATH or LD_PRELOAD names.
    variables: name, value and whether that path exists, for each that the environment sets.
    """

    modules: tuple[ModuleAnswer, ...] = ()
    special: str = ""
    hoc: tuple[tuple[str, str, str], ...] = ()
    local: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()
    variables: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class Start:
    """The report of one program that starts NEURON.

    loaded: whether it loaded the model's library. others: further libraries of mechanisms that it
    loaded. inserted: mechanisms of the model that it inserted. failure: the end of its output.
    """

    program: str
    loaded: bool = False
    others: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Evidence:
    """Everything that `devenv doctor` knows about an environment and the calling shell.

    environ: the calling shell's variables. answer: None if the environment's Python gave none; failure
    says why. missing_sources: package and path of the dev sources that do not exist. damaged: files
    that changed, in words; verified: how many directories were compared. shadows: modules on PYTHONPATH
    with the name of a standard one. base_error: why the base's modules cannot be loaded, and the fix.
    stale: which sources changed, in words. libmpi: the implementation of the MPI library that NEURON
    loads. libpython: the shared library of the environment's Python. compiler: the C++ compiler;
    compiler_error: why the named one does not work. Each is empty for none. starts: one for each
    program that loads the model. All of it is observed with the base's modules loaded.
    """

    generation: Generation
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    answer: PythonAnswer | None = None
    failure: str = ""
    missing_sources: tuple[tuple[str, str], ...] = ()
    damaged: tuple[str, ...] = ()
    verified: int = 0
    shadows: tuple[str, ...] = ()
    base_error: str = ""
    stale: tuple[str, ...] = ()
    mpi: tuple[Mpi, ...] = ()
    libmpi: str = ""
    libpython: str = ""
    compiler: str = ""
    compiler_error: str = ""
    starts: tuple[Start, ...] = ()


class Check(Protocol):
    """One check: a module of this package. ID is the id of its findings."""

    ID: str

    def judge(self, evidence: Evidence) -> tuple[Finding, ...]:
        """At least one finding, ok if all is well; none if the check does not apply."""
        ...

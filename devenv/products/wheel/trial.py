"""The steps of a wheel's test, which depend on its features. Pure.

A step passes if its output matches. The exit code is not enough: under the launcher of another MPI,
NEURON ends with exit code 0 after N simulations of one rank each.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from devenv.products.wheel.config import Trial

State = Literal["passed", "failed", "skipped"]

MOD = """\
NEURON { SUFFIX devenvtest RANGE x }
PARAMETER { x = 42 }
BREAKPOINT { }
"""
_VERSION = "import neuron; print('version', neuron.__version__)"
_OPTIONS = "from neuron import h; print(h.nrnversion(6))"
_MECHANISM = (
    "from neuron import h; s = h.Section(); s.insert('devenvtest');"
    " print('x is', s(0.5).devenvtest.x)"
)
_RANKS = (
    "from neuron import h; h.nrnmpi_init(); pc = h.ParallelContext();"
    " print('rank %d of %d' % (pc.id(), pc.nhost()), flush=True); pc.barrier(); h.quit()"
)


@dataclass(frozen=True)
class MpiInstallation:
    """An MPI of this machine. title: for messages. library: its libmpi; empty: the loader finds it.
    variables: those that its module sets, except PATH."""

    title: str
    mpirun: str
    kind: str
    library: str = ""
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Able:
    """The features of an installed wheel, and of the machine.

    modules: installed by the wheel. scripts: in the environment's bin. options: NEURON's nrnversion(6).
    missing: program that a step needs -> why it is missing.
    """

    distribution: str
    modules: tuple[str, ...]
    scripts: frozenset[str] = frozenset()
    options: str = ""
    arch: str = "x86_64"
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step. argv: empty if it is skipped; `reason` says why. expect: regular expressions that must
    all match its output. folder: where it runs; dependent steps share one. path: first entry of its
    PATH, since Intel's mpirun starts the mpiexec.hydra on PATH. variables: set for it.
    """

    name: str
    argv: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    reason: str = ""
    folder: str = "run"
    path: str = ""
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StepOutcome:
    """The outcome of a step. tail: the last lines of its output, if it failed."""

    name: str
    state: State
    reason: str = ""
    seconds: float = 0.0
    tail: str = ""


def steps_of(
    able: Able,
    programs: tuple[str, str],
    flavours: Sequence[MpiInstallation],
    trials: Sequence[Trial],
    project: str,
    root: bool,
) -> tuple[Step, ...]:
    """All steps, in order. programs: (Python, bin) of the environment. root: whether root runs them."""
    python, bin_ = programs
    steps = [_import(able, python)]
    if "nrniv" in able.scripts:
        steps += _neuron(able, python, bin_)
        steps += _on_ranks("2 ranks", (python, "-c", _RANKS), flavours, root)
    for trial in trials:
        words = tuple(
            word.replace("{python}", python).replace("{project}", project) for word in trial.command
        )
        if trial.ranks:
            steps += _on_ranks(trial.name, words, flavours, root, trial)
        else:
            steps.append(Step(trial.name, words, _expected(trial)))
    return tuple(steps)


def _expected(trial: Trial) -> tuple[str, ...]:
    return (trial.expect,) if trial.expect else ()


def _import(able: Able, python: str) -> Step:
    code = f"import {', '.join(able.modules)}; print('imported')" if able.modules else ""
    if not code:
        return Step("import", reason=f"{able.distribution} installs no module")
    return Step("import", (python, "-c", code), ("^imported$",))


def _neuron(able: Able, python: str, bin_: str) -> Iterator[Step]:
    yield Step("version", (python, "-c", _VERSION), (r"version \d+\.\d+",))
    yield Step("options", (python, "-c", _OPTIONS), (r"\w",))
    yield Step(
        "serial tests", (python, "-c", "import neuron; neuron.test(); print('done')"), ("^done$",)
    )
    rxd = "import neuron; neuron.test_rxd(); print('done')"
    yield Step("rxd tests", (python, "-c", rxd), ("^done$",))
    hoc = ("-nobanner", "-nogui", "-c", "print 6*7", "-c", "quit()")
    yield Step("nrniv", (f"{bin_}/nrniv", *hoc), ("^42 ?$",))
    python_code = ("-python", "-nobanner", "-c", "print(6*7); quit()")
    yield Step("nrniv -python", (f"{bin_}/nrniv", *python_code), ("^42$",))
    yield from _compiled(able, python, bin_, hoc)
    yield from _coreneuron(able, bin_)
    yield from _gpu(able)


def _compiled(able: Able, python: str, bin_: str, hoc: tuple[str, ...]) -> Iterator[Step]:
    names = ("nrnivmodl", "special", "mechanism in Python")
    why = able.missing.get("c++") or able.missing.get("make")
    if why:
        yield from (Step(name, reason=why) for name in names)
        return
    yield Step(names[0], (f"{bin_}/nrnivmodl", "."), (r"Successfully created",), folder="model")
    yield Step(names[1], (f"{able.arch}/special", *hoc), ("^42 ?$",), folder="model")
    yield Step(names[2], (python, "-c", _MECHANISM), (r"x is 42\.0",), folder="model")


def _coreneuron(able: Able, bin_: str) -> Iterator[Step]:
    if "NRN_ENABLE_CORENEURON=ON" not in able.options:
        yield Step("CoreNEURON", reason="the wheel was built without it (nrnversion(6))")
    elif why := able.missing.get("c++"):
        yield Step("CoreNEURON", reason=why)
    else:
        argv = (f"{bin_}/nrnivmodl", "-coreneuron", ".")
        yield Step("CoreNEURON", argv, (r"Successfully created",), folder="core")


def _gpu(able: Able) -> Iterator[Step]:
    if "CORENRN_ENABLE_GPU=ON" not in able.options:
        yield Step("GPU", reason="the wheel was built without it (nrnversion(6))")
    else:
        yield Step("GPU", reason=able.missing.get("gpu") or "devenv has no GPU steps yet")


def _on_ranks(
    name: str,
    argv: tuple[str, ...],
    flavours: Sequence[MpiInstallation],
    root: bool,
    trial: Trial | None = None,
) -> Iterator[Step]:
    if not flavours:
        yield Step(name, reason="there is no MPI: neither on PATH nor given with --mpi")
    ranks = trial.ranks if trial else 2
    expect = _expected(trial) if trial else tuple(f"rank {i} of {ranks}" for i in range(ranks))
    for one in flavours:
        path = posixpath.dirname(one.mpirun)
        words = launched(one, ranks, argv, root)
        title = f"{name}: {one.title}"
        yield Step(title, words, expect, path=path, variables=one.variables)


def launched(
    flavour: MpiInstallation, ranks: int, argv: Sequence[str], root: bool
) -> tuple[str, ...]:
    """The command on ranks. The library is preloaded: NEURON might open another flavour's first."""
    more: tuple[str, ...] = ()
    if flavour.kind == "openmpi":
        more = ("--oversubscribe", *(("--allow-run-as-root",) if root else ()))
    preload = ("env", f"LD_PRELOAD={flavour.library}") if flavour.library else ()
    return (flavour.mpirun, "-n", str(ranks), *more, *preload, *argv)


def own_tests(command: object, requires: object) -> tuple[tuple[Trial, ...], tuple[str, ...]]:
    """(steps, requirements) of ``test-command`` and ``test-requires`` in ``[tool.cibuildwheel]``."""
    lines = [command] if isinstance(command, str) else list(command or ())  # type: ignore[call-overload]
    words = shlex.split(requires) if isinstance(requires, str) else list(requires or ())  # type: ignore[call-overload]
    trials = tuple(
        Trial(f"own tests{f' {i + 1}' if len(lines) > 1 else ''}", ("sh", "-c", str(line)))
        for i, line in enumerate(lines)
    )
    return trials, tuple(map(str, words))

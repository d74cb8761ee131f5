"""Each check on evidence of its own making: what it says, how bad it is, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devenv.checks import CHECKS, Evidence, ModuleAnswer, PythonAnswer, Start, judge_all
from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta, Prepend, Set
from devenv.core.environment import BuiltModel, Generation, Overlay
from devenv.core.machine import Mpi

SOURCE = "/src/neurodamus"
GENERATION = Generation(
    "ring", 3, "venv", "/py", "", "", EnvironmentDelta((Prepend("PATH", "/gen/bin", "o"),)),
    (Overlay("neurodamus", "/o", "/s", "/src", ("neurodamus",)),),
    model=BuiltModel("k1", "/m", "/m/special", "/m/lib.so", ("hh",)),
)  # fmt: skip
NOTED = replace(
    GENERATION,
    model=BuiltModel("k1", "/m", "/m/special", "/l", ("hh",), notes=("it will not run",)),
)
MODULE = ModuleAnswer("neurodamus", "neurodamus", SOURCE, SOURCE, SOURCE)
ANSWER = PythonAnswer((MODULE,), "/gen/bin/special", (("a.hoc", "/h/a.hoc", "/h/a.hoc"),))
GOOD = Evidence(
    GENERATION, {}, "/work", ANSWER, mpi=(Mpi("openmpi", "/usr/bin/mpirun"),), libmpi="openmpi",
    libpython="/lib/libpython3.so", compiler="/usr/bin/g++",
    starts=(Start("python", True, inserted=("hh",)),),
)  # fmt: skip


def answer(**changes: Any) -> Evidence:
    return replace(GOOD, answer=replace(ANSWER, **changes))


def module(**changes: Any) -> Evidence:
    return answer(modules=(replace(MODULE, **changes),))


def active(**environ: str) -> Evidence:
    """Where the environment is active in the user's shell."""
    return replace(GOOD, environ={"DEVENV_ENV": "ring", **environ})


def starts(*found: Start) -> Evidence:
    return replace(GOOD, starts=found)


def on_shell(*copies: str) -> Evidence:
    """With copies of the module on the PYTHONPATH of the user's shell."""
    return module(shell=copies)


GONE = replace(
    answer(
        modules=(replace(MODULE, found="/site/nd", imported="/site/nd"),),
        variables=(("NEURODAMUS_PYTHON", f"{SOURCE}/data", False),),
    ),
    generation=replace(
        GENERATION,
        delta=EnvironmentDelta(
            (*GENERATION.delta.edits, Set("NEURODAMUS_PYTHON", f"{SOURCE}/data", "o"))
        ),
    ),
    missing_sources=(("neurodamus", SOURCE),),
    stale=("the folder is gone",),
)
"""What a source that was moved away takes with it; one finding names it, not five."""
NO_BASE = replace(
    GOOD,
    generation=replace(GENERATION, base=Base(("nosuch",))),
    base_error="the module nosuch cannot be loaded\n  See what there is",
    answer=None,
    failure="the activation failed",
)


def test_all_is_well() -> None:
    findings = judge_all(GOOD)
    assert {f.severity for f in findings} == {"ok"}
    assert {f.id for f in findings} == set(CHECKS) - {
        *(
            "base",
            "mixed",
            "local",
            "library",
            "missing",
            "coreneuron",
            "order",
            "spack",
            "intact",
            "shadow",
        )
    }


def test_two_dev_sources_with_one_module() -> None:
    """The first is the user's own: nobody is told to remove it."""
    other = ModuleAnswer("hidden", "neurodamus", "/mine/neurodamus", SOURCE, SOURCE)
    well, bad = CHECKS["import"].judge(answer(modules=(MODULE, other)))
    assert (well.severity, bad.severity) == ("ok", "error")
    assert bad.what.startswith(f"neurodamus comes from {SOURCE}, not from the dev source /mine")
    assert bad.why == "the dev source of neurodamus brings neurodamus as well, and comes first"
    assert bad.fix == "Use one of the two: devenv undevelop neurodamus --env ring"


def test_the_order_in_an_active_shell_is_well() -> None:
    (finding,) = CHECKS["order"].judge(active(PATH="/gen/bin:/usr/bin"))
    assert finding.severity == "ok"


@pytest.mark.parametrize(
    ("check", "severity", "says", "evidence"),
    [
        ("source", "error", SOURCE, replace(GOOD, missing_sources=(("neurodamus", SOURCE),))),
        ("source", "error", "is gone", GONE),
        ("base", "error", "nosuch cannot be loaded", NO_BASE),
        ("import", "error", "comes from /site/nd, not", module(found="/site/nd", imported="")),
        ("import", "error", "comes from /hook/nd, not", module(imported="/hook/nd")),
        ("import", "error", "cannot be found", module(found="", imported="")),
        ("import", "error", "its import fails", module(imported="", error="SyntaxError: x")),
        ("import", "error", "did not answer", replace(GOOD, answer=None, failure="no file")),
        ("order", "error", "/mod/bin comes first in PATH", active(PATH="/mod/bin:/gen/bin")),
        (
            "order",
            "error",
            "loaded modules: nd/1",
            active(PATH="/mod:/gen/bin", LOADEDMODULES="nd/1"),
        ),
        ("order", "error", "PATH lacks /gen/bin", active(PATH="/usr/bin")),
        ("variable", "error", "V is /x, not", answer(variables=(("V", "/x", True),))),
        ("coreneuron", "warning", "will not run", replace(GOOD, generation=NOTED)),
        ("special", "error", "is /usr/bin/special, not", answer(special="/usr/bin/special")),
        ("special", "error", "no special in PATH", answer(special="")),
        ("start", "error", "nrniv does not start", starts(Start("nrniv", failure="it is gone"))),
        (
            "start",
            "error",
            "/x/libnrnmech.so",
            starts(Start("python", True, ("/x/libnrnmech.so",))),
        ),
        ("library", "error", "/x/libnrniv.so", answer(loaded=("/x/libnrniv.so",))),
        ("local", "warning", "/work/x86_64/special", answer(local=("/work/x86_64/special",))),
        ("hoc", "error", "does not find a.hoc", answer(hoc=(("a.hoc", "", "/h/a.hoc"),))),
        ("hoc", "warning", "/work/a.hoc", answer(hoc=(("a.hoc", "/work/a.hoc", "/h/a.hoc"),))),
        ("hoc", "error", "/workshop/a", answer(hoc=(("a.hoc", "/workshop/a.hoc", "/h/a.hoc"),))),
        ("mpi", "error", "library of mpich", replace(GOOD, libmpi="mpich")),
        ("mpi", "warning", "no MPI library", replace(GOOD, libmpi="")),
        ("mpi", "warning", "no mpirun", replace(GOOD, mpi=())),
        ("mpi", "note", "one rank only", replace(GOOD, mpi=(), libmpi="")),
        ("libpython", "error", "/py has no shared library", replace(GOOD, libpython="")),
        (
            "compiler",
            "error",
            "CXX",
            replace(GOOD, compiler="", compiler_error="CXX is no compiler\n  Unset it"),
        ),
        ("compiler", "warning", "no C++ compiler", replace(GOOD, compiler="")),
        ("stale", "warning", "hh.mod", replace(GOOD, stale=("hh.mod",))),
        (
            "missing",
            "warning",
            "no models",
            replace(GOOD, generation=replace(GENERATION, missing=("no models",))),
        ),
        ("mixed", "note", "/mod/nd", on_shell("/mod/nd")),
        (
            "mixed",
            "warning",
            "neurodamus-neocortex/1.2",
            replace(GOOD, environ={"LOADEDMODULES": "gcc/12:neurodamus-neocortex/1.2"}),
        ),
    ],
)
def test_what_is_wrong_is_found(check: str, severity: str, says: str, evidence: Evidence) -> None:
    (finding,) = CHECKS[check].judge(evidence)
    assert (finding.id, finding.severity) == (check, severity)
    assert says in finding.what
    assert finding.fix or finding.why
    if severity == "error":
        assert finding.fix
    others = [
        f for f in judge_all(evidence) if f.id != check and f.severity in ("warning", "error")
    ]
    assert others == []


def test_a_copy_in_front_in_an_activated_shell_is_worse_than_one_behind() -> None:
    active = {"DEVENV_ENV": "ring"}
    front = replace(on_shell("/mod/nd", SOURCE), environ=active)
    behind = replace(on_shell(SOURCE, "/mod/nd"), environ=active)
    assert [f.severity for f in CHECKS["mixed"].judge(front)] == ["warning"]
    assert [f.severity for f in CHECKS["mixed"].judge(behind)] == ["note"]
    assert CHECKS["mixed"].judge(on_shell(SOURCE)) == ()


def test_many_wrong_hoc_files_are_counted() -> None:
    hoc = tuple((f"{i}.hoc", "/other", "/h") for i in range(8))
    findings = CHECKS["hoc"].judge(answer(hoc=hoc))
    assert len(findings) == 6
    assert "3 more" in findings[-1].what


def test_without_a_model_nothing_is_said_about_one() -> None:
    bare = replace(GOOD, generation=replace(GENERATION, model=None), libpython="", compiler="")
    assert not {"special", "libpython", "compiler"} & {f.id for f in judge_all(bare)}

"""devenv wheel test."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.requirements import requirement_name
from devenv.core.result import Result, Table
from devenv.core.trace import StepRecord
from devenv.places.handed_on import outside
from devenv.places.modules import observe, with_environ
from devenv.products.wheel.installed import Origin, able, install, run_steps
from devenv.products.wheel.junit import junit
from devenv.products.wheel.matrix import TargetPython, choose
from devenv.products.wheel.observe_mpi import flavours
from devenv.products.wheel.policy import WheelProject, project_of
from devenv.products.wheel.trial import Step, StepOutcome, own_tests, steps_of
from devenv.system import files
from devenv.system.outputs import require_file
from devenv.system.pythons import pythons
from devenv.system.redaction import redacted


@dataclass(frozen=True)
class WheelTestRequest:
    """What was typed. what: a wheel's file or a requirement. project: a source tree with own tests.

    mpi: prefixes or modules of MPI installations beside those on PATH. modules: loaded first. junit: a
    report to write.
    """

    python: str
    what: str
    index: str = ""
    links: tuple[Path, ...] = ()
    with_index: bool = False
    project: Path | None = None
    mpi: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    junit: Path | None = None


def test(context: Context, request: WheelTestRequest) -> Result:
    """Install into fresh environments, and run or skip every step by name. Exit code 1: one failed.

    Ranks are started by each MPI itself. In a job it takes the node for a machine of its own: a launcher
    that sees the job would hand its ranks to the scheduler, which has nothing left for them.
    """
    variables = outside(context.environ)
    if request.modules:
        variables = observe(variables, f"modules:{','.join(request.modules)}")[1]
    context = with_environ(context, variables)
    if request.junit:
        require_file(context.cwd / request.junit)
    file = context.cwd / request.what if request.what.endswith(".whl") else None
    chosen = _interpreters(context, request, file)
    project = project_of(context.cwd / request.project) if request.project else WheelProject()
    trials, requires = own_tests(*_own(project))
    origin = _origin(context, request, file, (*requires, *project.config.requires))
    found = flavours(context.environ, request.mpi, context.cwd)
    name = file.name.split("-")[0] if file else requirement_name(request.what)
    suites: list[tuple[str, list[StepOutcome]]] = []
    for interpreter in chosen:
        with files.temporary_folder(context.layout.wheels.root / "tests") as folder:
            venv = folder / "venv"
            context.say(f"testing {request.what} with {interpreter.tag}")
            install(origin, interpreter.path, venv, context.environ)
            known = able(venv, name, context.environ)
            steps = steps_of(
                known,
                (str(venv / "bin" / "python"), str(venv / "bin")),
                found,
                (*trials, *project.config.tests),
                str((context.cwd / (request.project or Path())).resolve()),
                os.geteuid() == 0,
            )
            log = context.layout.wheels.root / "tests" / f"{name}-{interpreter.tag}.log"
            files.write_text(log, "")
            began, environ = time.time(), context.environ
            outcomes = run_steps(steps, venv, folder / "work", log, environ)
            context.trace.steps += _records(began, steps, outcomes, str(log), environ)
            suites.append((interpreter.tag, outcomes))
    if request.junit:
        files.write_text(context.cwd / request.junit, junit(suites))
    return _result(request, suites)


def _records(
    at: float,
    steps: Sequence[Step],
    outcomes: Sequence[StepOutcome],
    log: str,
    environ: Mapping[str, str],
) -> Iterator[StepRecord]:
    """What ran, for the report; one step after the other from the time `at`."""
    for step, one in zip(steps, outcomes, strict=True):
        if step.argv:
            command = redacted(shlex.join(step.argv), environ)
            state = "ok" if one.state == "passed" else "failed"
            yield StepRecord(f"test {one.name}", command, log, at, at + one.seconds, state)
            at += one.seconds


def _own(project: WheelProject) -> tuple[object, object]:
    table = project.cibuildwheel
    linux = table.get("linux", {})
    names = ("test-command", "test-requires")
    command, requires = (linux.get(name, table.get(name)) for name in names)
    return command, requires


def _interpreters(
    context: Context, request: WheelTestRequest, file: Path | None
) -> tuple[TargetPython, ...]:
    """The requested ones that the wheel is for."""
    known = [TargetPython(p.tag, p.version, p.path, p.headers) for p in pythons(context.environ)]
    if request.python.startswith(("/", ".")):
        path = str(context.cwd / request.python)
        if not (os.path.isfile(path) and os.access(path, os.X_OK)):
            raise UsageError(
                f"{path} is not a Python interpreter", fix="Name a program, 3.11, or all."
            )
        same = tuple(one for one in known if os.path.samefile(one.path, path))
        return same or (TargetPython("python", "3", path),)
    chosen = choose(request.python, known, "", "on this machine")
    if file is None:
        return chosen
    from devenv.products.wheel.observe import facts_of

    tags = facts_of(file).tags
    fitting = tuple(one for one in chosen if _fits(one, tags))
    if not fitting:
        raise UsageError(
            f"{file.name} is not for {', '.join(one.tag for one in chosen)}",
            fix=f"It is for {', '.join(sorted({tag.split('-')[0] for tag in tags}))}.",
        )
    return fitting


def _fits(interpreter: TargetPython, tags: Sequence[str]) -> bool:
    for python, abi, _ in (tag.split("-") for tag in tags):
        older = python.startswith("cp3") and python[3:].isdigit()
        minor = interpreter.order[1] if len(interpreter.order) > 1 else 0
        if python in (interpreter.tag, "py3", f"py3{minor}"):
            return True
        if abi == "abi3" and older and int(python[3:]) <= minor:
            return True
    return False


def _origin(
    context: Context, request: WheelTestRequest, file: Path | None, requires: tuple[str, ...]
) -> Origin:
    links = tuple(str(context.cwd / link) for link in request.links)
    if file is None:
        return Origin(request.what, links, request.index, requires=requires)
    offline = not (request.with_index or request.index)
    return Origin(str(file), (str(file.parent), *links), request.index, offline, requires)


def _result(
    request: WheelTestRequest, suites: Sequence[tuple[str, Sequence[StepOutcome]]]
) -> Result:
    rows = tuple(
        (tag, one.name, one.state, f"{one.seconds:.1f}" if one.seconds else "", one.reason)
        for tag, outcomes in suites
        for one in outcomes
    )
    failed = [(tag, one) for tag, outcomes in suites for one in outcomes if one.state == "failed"]
    lines = tuple(f"{tag} {one.name} failed: {one.reason}\n{one.tail}" for tag, one in failed)
    data = {
        "wheel": request.what,
        "suites": [
            {"python": tag, "steps": [asdict(one) for one in outcomes]} for tag, outcomes in suites
        ],
    }
    header = ("python", "step", "state", "seconds", "reason")
    return Result(lines, Table(header, rows), data=data, code=1 if failed else 0)

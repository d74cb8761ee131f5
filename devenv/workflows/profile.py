"""Running a template's profile: a tox environment of its own, and what came of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.resources import resource_folder
from devenv.core.activation import model_edits, preloading
from devenv.core.delta import SEPARATOR, EnvironmentDelta, Set, compose
from devenv.core.environment import DevSource, Generation
from devenv.core.errors import PreconditionError, StateError
from devenv.core.launch import LaunchRequest
from devenv.core.plan import MakeFolder, Plan, Remove, Step, Write
from devenv.core.result import Result
from devenv.core.template import Profile
from devenv.launchers import launch
from devenv.system import process
from devenv.system.executor import execute
from devenv.system.leases import hold
from devenv.testing import Outcome, TestRun, left_out, read_junit, tox_ini
from devenv.workflows.activate import activated
from devenv.workflows.context import Context, load_environment, load_lock
from devenv.workflows.engine import maker
from devenv.workflows.ground import model_of, with_variants
from devenv.workflows.launching import plan
from devenv.workflows.model import build_model
from devenv.workflows.node import TO_STDERR, Node, call_there
from devenv.workflows.places import places
from devenv.workflows.preflight import after_preflight, for_gpu
from devenv.workflows.special import special_script
from devenv.workflows.variables import proved

TOX = (sys.executable, "-I", "-m", "tox", "--colored", "no")
"""Isolated: the PYTHONPATH of an activated environment is for the tests, not for tox itself."""
FACTS = "DEVENV_TEST_FACTS"
"""The variable that names a JSON file with what our own tests and plugin must know."""


@dataclass(frozen=True)
class ProfileRun:
    """What is to be run, and where. source: None where the package is not developed. ranks 0: none
    asked for. variants: in which its model differs from the environment's own."""

    name: str
    profile: Profile
    source: DevSource | None
    generation: Generation
    node: Node
    arguments: tuple[str, ...] = ()
    ranks: int = 0
    neuron: str = "neuron"
    variants: str = ""
    to_stderr: bool = False


def run_profile(context: Context, asked: ProfileRun) -> Result:
    """Run it. The exit code is tox's own, or 1 where no test was run."""
    folder = context.layout.env(asked.generation.name).root / "tox" / asked.name
    asked = replace(asked, generation=_with_own_model(context, asked, folder))
    run = _described(context, asked, folder)
    if not run.parts:
        raise StateError(
            f"the profile {asked.name!r} has no test to run",
            fix=f"Develop its package: devenv develop {asked.profile.package}"
            f" --env {asked.generation.name}",
        )
    reports = [Path(run.junit(part)) for part in run.parts]
    before = sorted(folder.glob("junit-*.xml"))
    steps: tuple[Step, ...] = (
        Remove(str(folder / "tmp")),
        MakeFolder(str(folder / "tmp")),
        *(Remove(str(report)) for report in before),
        Write(str(folder / "tox.ini"), tox_ini(asked.profile, run)),
    )
    execute(Plan(asked.name, steps), environ=context.environ)
    tox = ("-c", str(folder / "tox.ini"), "-e", asked.name)
    code = run_tox(context, asked.generation, asked.node, TOX, tox, asked.to_stderr)
    outcome = sum((_outcome(report) for report in reports), Outcome())
    return _summary(asked, run, outcome, code)


def run_tox(
    context: Context,
    generation: Generation,
    node: Node,
    tox: tuple[str, ...],
    arguments: tuple[str, ...],
    to_stderr: bool,
) -> int:
    """tox in the foreground, in the activated environment, on the node; its exit code.

    What tox installs is installed here first: a node may have no network.
    """
    environ = activated(context, generation)
    if node.step:
        ready = (*TO_STDERR, *tox, "run", "--notest", *arguments)
        if code := process.call(ready, environ=environ):
            return code
    argv = (*tox, "run", *arguments)
    if node.how.asked.job.gpus or for_gpu(generation):
        argv = after_preflight(generation.name, argv)
    return call_there(context, node, argv, environ, to_stderr=to_stderr)


def _with_own_model(context: Context, asked: ProfileRun, folder: Path) -> Generation:
    """The generation with the profile's own model where it names more mods, or where its tests need
    other variants: not the environment's.

    Its mechanisms come from the same store, so that it costs what differs, and one link.
    """
    generation, variants = asked.generation, _variants(asked)
    if not asked.profile.mods and not variants:
        return generation
    environment = load_environment(context, generation.name)
    lock = load_lock(context, generation.name)
    ground = maker(environment.engine).ground(context, environment, lock)
    ground = with_variants(ground, f"{asked.variants} {variants}")
    more = places(asked.profile.mods, ground.variants, ground.roots, ground.packages, "mods")
    there = tuple(place for place in more if Path(place.path).is_dir())
    work = model_of(context, ground, there)
    if work is None or not (there or variants):
        return generation
    build_model(context, work, folder / "log")
    while not hold(Path(work.build.path, "model.json")):  # removed in this very moment
        build_model(context, work, folder / "log")
    place = folder / "bin"
    shim = special_script(context, ground, work.built, place)
    special, rank = place / "special", folder / "rank"
    variables, proof = proved(context, ground, work.built, generation.hoc, special, rank)
    execute(Plan("the profile's model", (*shim, *proof)), environ=context.environ)
    edits = model_edits(work.built, str(place))
    sets = tuple(Set(one.name, one.value, one.origin) for one in variables)
    delta = compose(generation.delta, EnvironmentDelta((*edits, *sets)))
    return replace(generation, model=work.built, delta=delta)


def _variants(asked: ProfileRun) -> str:
    """Those that the tests need which run with this NEURON, and are left out with others."""
    away = left_out(asked.profile, asked.neuron)
    return " ".join(e.variants for e in asked.profile.exclude if e.variants and e not in away)


def _described(context: Context, asked: ProfileRun, folder: Path) -> TestRun:
    profile, source = asked.profile, asked.source
    acceptance = tuple(str(resource_folder("acceptance") / tests) for tests in profile.acceptance)
    variables = inside(context, asked.generation, asked.node, folder)
    threads = 1 if asked.ranks else asked.node.cpus // min(profile.workers, asked.node.cpus)
    variables |= {"OMP_NUM_THREADS": context.environ.get("OMP_NUM_THREADS", str(threads))}
    before, allocation = _ranks(context, asked)
    return TestRun(
        name=asked.name,
        source=source.path if source else str(folder),
        own=tuple(t for t in profile.tests if source and Path(source.path, t).exists()),
        acceptance=acceptance,
        python=asked.generation.python,
        variables={**variables, "TMPDIR": str(folder / "tmp")},
        folder=str(folder),
        arguments=asked.arguments,
        names_tests=_names_tests(asked),
        before=before,
        allocation=allocation,
        workers=min(profile.workers, asked.node.cpus),
        neuron=asked.neuron,
    )


def _ranks(context: Context, asked: ProfileRun) -> tuple[tuple[str, ...], bool]:
    """What starts pytest on ranks, and whether in the allocation that we are in."""
    if not asked.ranks:
        return (), False
    _, made = plan(context, asked.node.how, (), asked.ranks)
    return made.prefix, made.launcher == "slurm" and not made.queued


def _names_tests(asked: ProfileRun) -> bool:
    """Whether the user's arguments name test files: then these are run, not the profile's."""
    if asked.source is None:
        return False
    words = (a.split("::")[0] for a in asked.arguments if not a.startswith("-"))
    return any(Path(asked.source.path, word).exists() for word in words)


def inside(context: Context, generation: Generation, node: Node, folder: Path) -> dict[str, str]:
    """What the tests see, in the environment's order: the activation's, and what our tests ask.

    tox's interpreter is not the environment's, so that the environment's packages are on PYTHONPATH,
    behind the dev sources.
    """
    environ = activated(context, generation)
    names = {edit.name for edit in generation.delta.edits}
    variables = {name: environ[name] for name in names if name in environ}
    overlays = [overlay.path for overlay in generation.overlays]
    plugin = str(resource_folder("acceptance"))
    paths = [*overlays, generation.site, generation.neuron, plugin]
    facts = {
        "origins": {m: o.root for o in generation.overlays for m in o.modules},
        "ring": str(resource_folder("examples") / "ring"),
        "hoc": next((h for h in generation.hoc if Path(h, "neurodamus.hoc").exists()), ""),
        "launch": _launches(node),
    }
    file = folder / "facts.json"
    execute(Plan("facts", (Write(str(file), json.dumps(facts)),)), environ=context.environ)
    preload = preloading(generation.model.preload if generation.model else "", environ)
    return {**variables, **preload, "PYTHONPATH": SEPARATOR.join(paths), FACTS: str(file)}


def _launches(node: Node) -> dict[str, list[str] | str]:
    """How our tests start one and two ranks where they are; why not, where they cannot."""
    found: dict[str, list[str] | str] = {"1": []}
    try:
        two = launch(LaunchRequest((), 2), node.inside)
    except PreconditionError as error:
        return {**found, "why": error.what}
    return {**found, "2": list(two.prefix)}


def _outcome(report: Path) -> Outcome:
    """What came of one part, on all of its ranks: a test has failed where it failed on any."""
    first = read_junit(_text(report))
    others = (read_junit(_text(one)) for one in report.parent.glob(f"{report.stem}.rank*.xml"))
    failures = tuple(dict.fromkeys([*first.failures, *(n for one in others for n in one.failures)]))
    return replace(first, passed=first.ran - len(failures), failed=len(failures), failures=failures)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _summary(asked: ProfileRun, run: TestRun, outcome: Outcome, code: int) -> Result:
    profile, source = asked.profile, asked.source
    excluded = left_out(profile, run.neuron) if run.own else ()
    counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
    reports = [run.junit(part) for part in run.parts]
    lines = [f"  failed: {name}" for name in outcome.failures]
    lines += [f"  report: {report}" for report in reports if outcome.failures]
    if not run.own:
        where = source.path if source else f"no dev source of {profile.package}"
        tests = ", ".join(profile.tests)
        lines.append(f"  not there: {tests} ({where}); devenv's acceptance tests alone were run")
    for exclusion in excluded:
        way = f"; they run with: --with {exclusion.unless}" if exclusion.unless else ""
        lines.append(f"  left out: {len(exclusion.tests)} tests: {exclusion.reason}{way}")
        lines += [f"    {test}" for test in exclusion.tests]
    if outcome.ran == 0:
        lines.append("  no test was run, which is no success")
        code = code or 1
    data = {
        "profile": run.name,
        "passed": outcome.passed,
        "failed": outcome.failed,
        "skipped": outcome.skipped,
        "failures": list(outcome.failures),
        "left_out": [test for e in excluded for test in e.tests],
        "reports": reports,
        "exit_code": code,
    }
    return Result((*lines, f"{run.name}: {counts}"), data=data, code=code)

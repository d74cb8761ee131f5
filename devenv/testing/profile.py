"""Runs a template's test profile in a generated tox environment, and reports the results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.resources import resource_folder
from devenv.core.activation import model_edits
from devenv.core.delta import EnvironmentDelta, Set, compose
from devenv.core.environment import DevSource, Generation
from devenv.core.errors import StateError
from devenv.core.plan import Plan, Write
from devenv.core.quantity import quantity
from devenv.core.result import Result
from devenv.core.template import Exclusion, Profile
from devenv.engines.registry import engine
from devenv.environment.foundation import model_of, with_variants
from devenv.environment.handle import Env
from devenv.environment.special import special_script
from devenv.environment.variables import checked_variables
from devenv.models.make import build_model
from devenv.places.node import NodeShare
from devenv.sources.folders import places
from devenv.store.carry import carry_out, stop_dry_run
from devenv.system.leases import hold
from devenv.testing import (
    SuiteOutcome,
    TestRun,
    left_out,
    outcome_of,
    positional,
    tox_deps,
    tox_ini,
)
from devenv.testing.plain import plain_options
from devenv.testing.runs import new_run
from devenv.testing.tox import TOX, inside, install_once, neuron_in, run_tox


@dataclass(frozen=True)
class ProfileRun:
    """A run of a profile on a node. source: None if the package is not developed. ranks: 0 if not
    requested. neuron: the distribution that is tested. variants: those in which its model differs from
    the environment's. plain: whether pytest finds the tests itself.
    """

    name: str
    profile: Profile
    source: DevSource | None
    generation: Generation
    node: NodeShare
    arguments: tuple[str, ...] = ()
    ranks: int = 0
    neuron: str = "neuron"
    variants: str = ""
    plain: bool = False


def run_profile(context: Context, request: ProfileRun) -> Result:
    """Run the profile. The exit code is tox's, or 1 if no test was run."""
    folder = new_run(context, request.generation.name, request.name)
    request = replace(request, generation=_with_own_model(context, request, folder))
    run = _described(context, request, folder)
    if not run.parts:
        raise StateError(
            f"the profile {request.name!r} has no test to run",
            fix=f"Develop its package: devenv develop {request.profile.package}"
            f" --env {request.generation.name}",
        )
    file = folder / "tox.ini"
    step = Write(str(file), tox_ini(request.profile, run))
    carry_out(context, Plan(request.name, (step,)))
    tox, venv = _tox(request, run, file)
    code = install_once(context, request.generation, tox, request.name, venv)
    if code == 0:
        arguments = ("-e", request.name)
        code = run_tox(context, request.generation, request.node, tox, arguments)
    stop_dry_run(context, f"the results are read from {folder}")
    outcome = sum((_outcome(run, part, request.ranks) for part in run.parts), SuiteOutcome())
    return _summary(context, request, run, outcome, code)


def _tox(request: ProfileRun, run: TestRun, file: Path) -> tuple[tuple[str, ...], Path]:
    """The tox command for a run, and the folder of its virtual environment, which runs share.

    The folder's name is a hash of its contents, so that no run changes it while another uses it.
    """
    made_of = "\n".join((run.python, *tox_deps(request.profile)))
    key = hashlib.sha256(made_of.encode()).hexdigest()[:10]
    folder = file.parents[1] / f"venv-{key}"
    return (*TOX, "-c", str(file), "--workdir", str(folder)), folder


def _with_own_model(context: Context, request: ProfileRun, folder: Path) -> Generation:
    """The generation with a model for the profile, if that names more `mods`, or its tests need other
    variants.

    Its mechanisms come from the same store: only those that differ are compiled, and it is linked once.
    """
    generation, variants = request.generation, _variants(request)
    if not request.profile.mods and not variants:
        return generation
    env = Env(context, generation.name)
    environment, lock = env.request, env.lock
    foundation = engine(environment.engine).foundation(env, environment, lock)
    foundation = with_variants(foundation, f"{request.variants} {variants}")
    more = places(
        request.profile.mods, foundation.variants, foundation.roots, foundation.packages, "mods"
    )
    existing = tuple(place for place in more if Path(place.path).is_dir())
    work = model_of(context, foundation, existing)
    if work is None or not (existing or variants):
        return generation
    if build_model(context, work.build, work.mods, folder / "log"):
        stop_dry_run(context, "the tests are run with this model")
    while not hold(Path(work.build.path, "model.json")):  # removed in the meantime
        build_model(context, work.build, work.mods, folder / "log")
    place = folder / "bin"
    shim = special_script(context, foundation, work.built, place)
    special, rank = place / "special", folder / "rank"
    variables, proof = checked_variables(env, foundation, work.built, generation.hoc, special, rank)
    carry_out(context, Plan("the profile's model", (*shim, *proof)))
    edits = model_edits(work.built, str(place))
    sets = tuple(Set(one.name, one.value, one.origin) for one in variables)
    delta = compose(generation.delta, EnvironmentDelta((*edits, *sets)))
    return replace(generation, model=work.built, delta=delta)


def _variants(request: ProfileRun) -> str:
    """The variants for tests that run with this NEURON, but are excluded with others."""
    excluded = left_out(request.profile, request.neuron)
    return " ".join(e.variants for e in request.profile.exclude if e.variants and e not in excluded)


def _described(context: Context, request: ProfileRun, folder: Path) -> TestRun:
    profile, source = request.profile, request.source
    acceptance = tuple(str(resource_folder("acceptance") / tests) for tests in profile.acceptance)
    variables = inside(context, request.generation, request.node, folder)
    threads = 1 if request.ranks else request.node.cpus // min(profile.workers, request.node.cpus)
    variables |= {"OMP_NUM_THREADS": context.environ.get("OMP_NUM_THREADS", str(threads))}
    started = request.node.started
    options = plain_options(source) if request.plain and source else ()
    return TestRun(
        name=request.name,
        source=source.path if source else str(folder),
        own=tuple(t for t in profile.tests if source and Path(source.path, t).exists()),
        acceptance=acceptance,
        python=request.generation.python,
        variables={**variables, "TMPDIR": str(folder / "tmp")},
        folder=str(folder),
        arguments=(*options, *request.arguments),
        names_tests=request.plain or _names_tests(request),
        before=started.made.prefix if started else (),
        allocation=started is not None and started.in_allocation,
        workers=min(profile.workers, request.node.cpus),
        neuron=request.neuron,
    )


def _names_tests(request: ProfileRun) -> bool:
    """Whether the user's arguments name test files, which then replace the profile's."""
    if request.source is None:
        return False
    words = (word.split("::")[0] for word in positional(request.arguments))
    return any(Path(request.source.path, word).exists() for word in words)


def _outcome(run: TestRun, part: str, ranks: int) -> SuiteOutcome:
    """The results of one part; for the package's own tests, of all ranks."""
    first = Path(run.junit(part))
    further = range(1, ranks if part == "own" else 1)
    files = (first, *(first.with_name(f"{first.stem}.rank{rank}.xml") for rank in further))
    return outcome_of(part, [_text(file) for file in files])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _left_out(run: TestRun, profile: Profile) -> tuple[Exclusion, ...]:
    """The excluded tests that exist in the source, as recorded by our pytest plugin."""
    deselected = _text(Path(run.folder, "deselected")).splitlines()

    def existing(exclusion: Exclusion) -> tuple[str, ...]:
        return tuple(t for t in exclusion.tests if any(n.startswith(t) for n in deselected))

    exclusions = (replace(e, tests=existing(e)) for e in left_out(profile, run.neuron))
    return tuple(exclusion for exclusion in exclusions if exclusion.tests)


def _summary(
    context: Context, request: ProfileRun, run: TestRun, outcome: SuiteOutcome, code: int
) -> Result:
    excluded = _left_out(run, request.profile)
    neuron = " ".join(neuron_in(context, request.generation)).strip()
    if outcome.ran == 0 or outcome.lost:
        code = code or 1
    counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
    last = f"{run.name}: {counts}; tested with {neuron}"
    data = {
        "profile": run.name,
        "passed": outcome.passed,
        "failed": outcome.failed,
        "skipped": outcome.skipped,
        "failures": list(outcome.failures),
        "lost": list(outcome.lost),
        "left_out": [test for e in excluded for test in e.tests],
        "reports": [run.junit(part) for part in run.parts],
        "neuron": neuron,
        "exit_code": code,
    }
    return Result((*_lines(request, run, outcome, excluded), last), data=data, code=code)


def _lines(
    request: ProfileRun, run: TestRun, outcome: SuiteOutcome, excluded: tuple[Exclusion, ...]
) -> list[str]:
    profile, source = request.profile, request.source
    lines = [f"  failed: {name}" for name in outcome.failures]
    lines += [f"  report: {run.junit(part)}" for part in run.parts if outcome.failures]
    if not run.own:
        where = source.path if source else f"no dev source of {profile.package}"
        tests = ", ".join(profile.tests)
        lines.append(f"  not there: {tests} ({where}); devenv's acceptance tests alone were run")
    for exclusion in excluded:
        way = f"; they run with: --with {exclusion.unless}" if exclusion.unless else ""
        tests = quantity(exclusion.tests, "test")
        lines.append(f"  left out: {tests}: {exclusion.reason}{way}")
        lines += [f"    {test}" for test in exclusion.tests]
    if outcome.ran == 0:
        lines.append("  no test was run, which counts as a failure")
    else:
        lines += [f"  {who}: it ended before its tests did" for who in outcome.lost]
    return lines

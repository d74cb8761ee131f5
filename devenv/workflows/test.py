"""devenv test: tox in a developed package, with its own environments and the template's profiles."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.resources import resource_file, resource_folder
from devenv.core.delta import SEPARATOR, EnvironmentDelta, Prepend, Set, compose
from devenv.core.environment import DevSource, Environment, Generation
from devenv.core.errors import PreconditionError, StateError, UsageError
from devenv.core.launch import LaunchRequest
from devenv.core.names import did_you_mean, normalised, unknown
from devenv.core.plan import MakeFolder, Plan, Remove, Write
from devenv.core.result import Result, Table
from devenv.core.template import Profile, Template
from devenv.launchers import launch
from devenv.system import process
from devenv.system.executor import execute
from devenv.testing import Outcome, TestRun, left_out, read_junit, tox_ini, tox_overrides
from devenv.workflows.activate import activated
from devenv.workflows.context import Context, chosen, load_environment, load_lock
from devenv.workflows.derived import derived
from devenv.workflows.generation import special_script
from devenv.workflows.ground import lay_ground, model_of, template_of
from devenv.workflows.machine import host_facts
from devenv.workflows.model import build_model
from devenv.workflows.places import places
from devenv.workflows.run import prepared

TOX = ("tox", "--colored", "no")


@dataclass(frozen=True)
class TestRequest:
    """What was typed; empty: not given. neuron: another distribution of NEURON to test with."""

    profile: str = ""
    package: str = ""
    ranks: int = 0
    launcher: str = ""
    neuron: str = ""
    no_build: bool = False
    arguments: tuple[str, ...] = ()

    __test__ = False  # for pytest: a name, no test


def list_tests(context: Context, name: str | None, package: str | None) -> Result:
    """The tox environments of the package itself, and the template's profiles."""
    environment = load_environment(context, chosen(context, name))
    template = template_of(context, environment)
    rows = [("profile", n, p.help) for n, p in template.tests.items()]
    source = _source(environment, package or "", None)
    if source:
        rows += [("tox", n, f"{source.package}'s own") for n in _own_environments(context, source)]
    return Result(table=Table(("KIND", "NAME", ""), tuple(rows)), data={"tests": rows})


def test(context: Context, name: str | None, request: TestRequest) -> Result:
    """Run the tests. The exit code is tox's own, or 1 where no test was run."""
    name = chosen(context, name)
    environment = load_environment(context, name)
    template = template_of(context, environment)
    profile = _profile(template, request)
    source = _source(environment, request.package, profile)
    own = _own_environments(context, source) if source else []
    if request.profile not in own and profile is None:
        known = [*template.tests, *own]
        raise UsageError(
            f"neither a tox environment nor a profile: {request.profile!r}"
            if request.profile
            else "which tests? Name them with -e",
            fix=did_you_mean(request.profile, known),
        )
    if request.neuron:
        name = derived(context, environment, request.neuron)
    generation = prepared(context, name, no_build=request.no_build)
    if source and request.profile in own:
        return _run_own(context, generation, source, request)
    assert profile is not None
    return _run_profile(context, generation, environment, profile, request)


test.__test__ = False  # type: ignore[attr-defined]


def _profile(template: Template, request: TestRequest) -> Profile | None:
    if request.profile:
        return template.tests.get(request.profile)
    return next(iter(template.tests.values())) if len(template.tests) == 1 else None


def _source(environment: Environment, package: str, profile: Profile | None) -> DevSource | None:
    """The dev source that is tested; None where none is developed, or which is not clear."""
    wanted = normalised(package) if package else (profile.package if profile else "")
    sources = [s for s in environment.develop if not wanted or s.package == wanted]
    if package and not sources:
        raise unknown("dev source", package, [s.package for s in environment.develop])
    return sources[0] if len(sources) == 1 else None


def _own_environments(context: Context, source: DevSource) -> list[str]:
    """What the package's own tox configuration has; it may have none."""
    files = ("tox.ini", "tox.toml", "setup.cfg", "pyproject.toml")
    if not any(Path(source.path, name).exists() for name in files):
        return []
    argv = (*_tox(context, source), "list", "--no-desc", "-qq")
    listed = process.run(argv, environ=context.environ, cwd=source.path).stdout
    return [line.strip() for line in listed.splitlines() if re.fullmatch(r"[\w.-]+", line.strip())]


def _tox(context: Context, source: DevSource) -> tuple[str, ...]:
    """tox for the package's own configuration, its folders kept out of the source."""
    folder = context.layout.home / "tox" / Path(source.path).name
    return (sys.executable, "-m", *TOX, "--root", source.path, "--workdir", str(folder))


def _run_own(
    context: Context, generation: Generation, source: DevSource, request: TestRequest
) -> Result:
    """The package's own environment, with the paths in our order whatever it says itself."""
    environ = activated(context, generation)
    overrides = tox_overrides(request.profile, _inside(context, generation, environ))
    argv = (*_tox(context, source), "run", "-e", request.profile, *overrides, "--")
    code = process.call((*argv, *request.arguments), environ=environ, cwd=source.path)
    word = "passed" if code == 0 else f"failed (exit code {code})"
    line = f"{source.package}'s own tox environment {request.profile}: {word}"
    return Result((line,), data={"profile": request.profile, "exit_code": code}, code=code)


def _run_profile(
    context: Context,
    generation: Generation,
    environment: Environment,
    profile: Profile,
    request: TestRequest,
) -> Result:
    """A tox environment made for the profile, and its summary."""
    name = request.profile or "default"
    source = next((s for s in environment.develop if s.package == profile.package), None)
    folder = context.layout.env(generation.name).root / "tox" / name
    generation = _with_profiles_model(context, generation, profile, folder)
    run = _test_run(context, generation, profile, source, request, name, folder)
    if not run.tests:
        raise StateError(
            f"the profile {name!r} has no test to run",
            fix=f"Develop its package: devenv develop {profile.package} --env {generation.name}",
        )
    plan = Plan(
        name,
        (
            Remove(str(folder / "tmp")),
            MakeFolder(str(folder / "tmp")),
            Remove(run.junit),
            Write(str(folder / "tox.ini"), tox_ini(profile, run)),
        ),
    )
    execute(plan, environ=context.environ)
    environ = activated(context, generation)
    argv = (sys.executable, "-m", *TOX, "run", "-c", str(folder / "tox.ini"), "-e", name)
    rest = ("--", *_selected(run, request.arguments)) if request.arguments else ()
    code = process.call((*argv, *rest), environ=environ, cwd=folder)
    outcome = read_junit(_text(Path(run.junit)))
    return _summary(profile, run, outcome, code, source)


def _with_profiles_model(
    context: Context, generation: Generation, profile: Profile, folder: Path
) -> Generation:
    """The generation with the profile's own model where it names more mods: not the environment's.

    Its mechanisms come from the same store, so that it costs what differs, and one link.
    """
    if not profile.mods:
        return generation
    environment = load_environment(context, generation.name)
    ground = lay_ground(context, environment, load_lock(context, generation.name))
    more = places(profile.mods, ground.variants, ground.roots, ground.packages, "mods")
    there = tuple(place for place in more if Path(place.path).is_dir())
    work = model_of(context, ground, there)
    if not there or work is None:
        return generation
    build_model(context, work, folder / "log")
    shim = special_script(context, ground, work.built, folder / "bin")
    execute(Plan("the profile's model", shim), environ=context.environ)
    origin = f"model of the profile, {work.built.key}"
    edits = (
        Prepend("PATH", str(folder / "bin"), origin),
        Set("NRNMECH_LIB_PATH", work.built.library, origin),
    )
    delta = compose(generation.delta, EnvironmentDelta(edits))
    return replace(generation, model=work.built, delta=delta)


def _selected(run: TestRun, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The user's pytest arguments; the profile's tests too, where they name none of their own."""
    named = [
        a
        for a in arguments
        if not a.startswith("-") and Path(run.source, a.split("::")[0]).exists()
    ]
    return arguments if named else (*arguments, *run.tests)


def _test_run(
    context: Context,
    generation: Generation,
    profile: Profile,
    source: DevSource | None,
    request: TestRequest,
    name: str,
    folder: Path,
) -> TestRun:
    acceptance = [str(resource_file("acceptance") / tests) for tests in profile.acceptance]
    own = [t for t in profile.tests if source and Path(source.path, t).exists()]
    environ = activated(context, generation)
    before: tuple[str, ...] = ()
    if request.ranks:
        asked = LaunchRequest((), request.ranks)
        before = launch(asked, host_facts(context), request.launcher).argv
    return TestRun(
        name=name,
        source=source.path if source else str(folder),
        tests=(*own, *acceptance),
        python=generation.python,
        variables={**_inside(context, generation, environ), "TMPDIR": str(folder / "tmp")},
        junit=str(folder / "junit.xml"),
        before=before,
        neuron=request.neuron or "neuron",
    )


def _inside(context: Context, generation: Generation, environ: dict[str, str]) -> dict[str, str]:
    """What the tests see, in the environment's order: the activation's, and what our tests ask.

    tox's interpreter is not the environment's, so that the environment's packages are on PYTHONPATH,
    behind the dev sources.
    """
    names = {edit.name for edit in generation.delta.edits}
    inside = {name: environ[name] for name in names if name in environ}
    overlays = [overlay.path for overlay in generation.overlays]
    plugin = str(resource_file("acceptance"))
    inside["PYTHONPATH"] = SEPARATOR.join([*overlays, generation.site, generation.neuron, plugin])
    origins = {m: o.root for o in generation.overlays for m in o.modules}
    inside["DEVENV_ORIGINS"] = json.dumps(origins)
    inside["DEVENV_RING"] = str(resource_folder("examples") / "ring")
    inside["DEVENV_HOC"] = next(
        (h for h in generation.hoc if Path(h, "neurodamus.hoc").exists()), ""
    )
    inside["DEVENV_LAUNCH"] = json.dumps(_launches(context))
    return inside


def _launches(context: Context) -> dict[str, list[str] | str]:
    """How our tests start one and two ranks here; why not, where they cannot."""
    found: dict[str, list[str] | str] = {"1": []}
    try:
        two = launch(LaunchRequest((), 2), host_facts(context))
    except PreconditionError as error:
        return {**found, "why": error.what}
    sets = [f"{name}={value}" for name, value in two.env]
    return {**found, "2": [*(["env", *sets] if sets else []), *two.argv]}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _summary(
    profile: Profile, run: TestRun, outcome: Outcome, code: int, source: DevSource | None
) -> Result:
    excluded = left_out(profile, run.neuron)
    lines = [
        f"{run.name}: {outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
    ]
    lines += [f"  failed: {name}" for name in outcome.failures]
    missing = [t for t in profile.tests if source is None or not Path(source.path, t).exists()]
    if missing:
        where = source.path if source else f"no dev source of {profile.package}"
        lines.append(f"  not there: {', '.join(missing)} ({where}); the acceptance tests alone ran")
    for exclusion in excluded:
        way = f"; they run with: --with {exclusion.unless}" if exclusion.unless else ""
        lines.append(f"  left out: {len(exclusion.tests)} tests, {exclusion.reason}{way}")
        lines += [f"    {test}" for test in exclusion.tests]
    if code == 0 and outcome.ran == 0:
        lines.append("  no test was run, which is no success")
        code = 1
    data = {
        "profile": run.name,
        "passed": outcome.passed,
        "failed": outcome.failed,
        "skipped": outcome.skipped,
        "failures": list(outcome.failures),
        "left_out": [test for e in excluded for test in e.tests],
        "junit": run.junit,
        "exit_code": code,
    }
    return Result(tuple(lines), data=data, code=code)

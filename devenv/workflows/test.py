"""devenv test: a developed package's tests, by its own tox environments or the template's profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context, settings_of
from devenv.core.environment import CompiledSource, DevSource, Environment, Generation
from devenv.core.errors import UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.names import did_you_mean, normalise_name, unknown
from devenv.core.result import Result, Table
from devenv.core.template import Profile, Template
from devenv.environment.activation import active_variables
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.environment.named_models import model_name
from devenv.environment.quick import edited_sources
from devenv.places.modules import with_environ
from devenv.places.node import NodeShare, node_for
from devenv.sources.described import of_source
from devenv.sources.presence import missing_sources, require
from devenv.store.carry import before
from devenv.testing.derived import derived
from devenv.testing.own import OwnRun, own_environments, run_own
from devenv.testing.own_neuron import other_neuron
from devenv.testing.plain import PLAIN, plain_profile, with_requirements
from devenv.testing.profile import ProfileRun, run_profile
from devenv.testing.toolchain import CTEST, run_ctest
from devenv.testing.tox import neuron_in
from devenv.upkeep.ready import ready_generation


@dataclass(frozen=True)
class TestRequest:
    """What was typed; empty: not given. tests: a tox environment of the package's own, else a profile;
    profile: a profile, whatever environments there are. neuron: another distribution of NEURON to
    test with. model: a further one, by its name or its variants.
    """

    tests: str = ""
    profile: str = ""
    package: str = ""
    ranks: int = 0
    neuron: str = ""
    no_build: bool = False
    model: str = ""
    arguments: tuple[str, ...] = ()

    __test__ = False  # for pytest: a name, no test


@dataclass(frozen=True)
class Tests:
    """What is to be run: `profile`, or where it is None the package's own tox environment `name`.

    plain: there is neither, and pytest finds the tests.
    """

    name: str
    source: DevSource | None
    profile: Profile | None = None
    plain: bool = False

    __test__ = False


def list_tests(env: Env, package: str | None) -> Result:
    """The tox environments of the package itself, and the template's profiles."""
    context, environment = env.context, env.request
    require(environment.name, missing_sources(environment.develop))
    template = _with_described(template_of(context, environment), environment)
    rows = [("profile", n, p.help) for n, p in template.tests.items()]
    source = _source(environment, package or "")
    if source:
        own = own_environments(context, source)
        rows += [("tox", n, f"{source.package}'s own") for n in own]
        if not own and PLAIN not in template.tests:
            rows.append(("pytest", PLAIN, f"{source.package} has no tox configuration"))
    return Result(table=Table(("KIND", "NAME", ""), tuple(rows)), data={"tests": rows})


def test(env: Env, request: TestRequest, launch: LaunchOptions) -> Result:
    """Run the tests. The exit code is tox's own, or 1 where no test was run."""
    context, environment = env.context, env.request
    require(environment.name, missing_sources(environment.develop))
    if compiled := _toolchain(env, request):
        with before("ctest is run with it"):
            generation = ready_generation(env, no_build=request.no_build, special=False)
        return run_ctest(context, generation, compiled, request.arguments[1:])
    template = _with_described(template_of(context, environment), environment)
    tests = _tests(context, environment, template, request)
    if tests.profile is None and request.ranks:
        raise UsageError(
            f"-n is for profiles: {tests.name} is a tox environment with commands of its own",
            fix="Omit it, or use a profile: devenv test --list",
        )
    # What Slurm can never start is refused before anything is built; but MPI may be the base's.
    based = environment.base or template.base
    node = None if based else _node(context, environment, tests, request, launch)
    with before(f"{tests.name} is run in it"):
        generation = _generation(context, environment, tests, request)
    if node is None:
        context = with_environ(context, active_variables(context, generation))
        node = _node(context, environment, tests, request, launch)
    context = node.how.context
    if tests.profile is None:
        assert tests.source is not None
        own = (tests.name, tests.source, generation, node)
        return run_own(context, OwnRun(*own, request.arguments))
    profile = with_requirements(tests.profile, generation) if tests.plain else tests.profile
    run = ProfileRun(
        name=tests.name,
        profile=profile,
        source=tests.source,
        generation=generation,
        node=node,
        arguments=request.arguments,
        ranks=request.ranks,
        neuron=neuron_in(context, generation)[0],
        variants=_variants(environment, template, request.model),
        plain=tests.plain,
    )
    return run_profile(context, run)


def _toolchain(env: Env, request: TestRequest) -> CompiledSource | None:
    """The developed NEURON, where its own tests are requested: ``devenv test -- ctest``."""
    if request.arguments[:1] != (CTEST,) or request.tests or request.profile:
        return None
    found = (one for one in env.generation.compiled if one.kind == "toolchain")
    return next(found, None)


test.__test__ = False  # type: ignore[attr-defined]


def _node(
    context: Context,
    environment: Environment,
    tests: Tests,
    request: TestRequest,
    launch: LaunchOptions,
) -> NodeShare:
    workers = tests.profile.workers if tests.profile else 0
    return node_for(context, settings_of(context, environment.name), launch, request.ranks, workers)


def _generation(
    context: Context, environment: Environment, tests: Tests, request: TestRequest
) -> Generation:
    """What is tested in: with the NEURON that was asked for, or that the tox environment names."""

    def ready(name: str) -> Generation:
        env = Env(context, name)
        generation = ready_generation(env, no_build=request.no_build, model=request.model)
        for file in edited_sources(env):
            apply = f"to apply it: devenv build {name}"
            context.say(f"note: {file} was edited since the last build; {apply}")
        return generation

    if request.neuron:
        return ready(derived(context, environment, request.neuron))
    generation = ready(environment.name)
    if tests.profile is not None or tests.source is None:
        return generation
    named = other_neuron(context, generation, tests.source, tests.name)
    if not named:
        return generation
    ours = " ".join(neuron_in(context, generation))
    context.say(f"note: {tests.name} names {named}, and {environment.name} has {ours}")
    name = derived(context, environment, named)
    context.say(f"note: it is tested in {name}; with another: devenv test --with NEURON")
    return ready(name)


def _tests(
    context: Context, environment: Environment, template: Template, request: TestRequest
) -> Tests:
    """What was asked for; UsageError, with what there is, where that is not there or not clear."""
    if request.profile:
        return _profile(environment, template, request)
    wanted = request.tests
    profiles = _profiles(template, request.package)
    named = profiles.get(wanted)
    source = _source(environment, request.package, named.package if named else "")
    own = own_environments(context, source) if source else ()
    if source and wanted in own:
        if named:
            context.say(
                f"note: {wanted} is {source.package}'s own tox environment;"
                f" for the template's profile: devenv test --profile {wanted}"
            )
        return Tests(wanted, source)
    if not wanted and len(profiles) == 1:
        wanted = next(iter(profiles))
    if wanted in profiles:
        return _of_profile(environment, wanted, profiles[wanted])
    if source and not own and wanted in ("", PLAIN):
        return Tests(PLAIN, source, plain_profile(source), plain=True)
    raise UsageError(
        f"neither a tox environment nor a profile: {wanted!r}"
        if wanted
        else "which tests? Name them with -e",
        fix=did_you_mean(wanted, [*profiles, *own]),
    )


def _profile(environment: Environment, template: Template, request: TestRequest) -> Tests:
    if request.tests:
        raise UsageError(
            f"-e {request.tests} and --profile {request.profile}: give one of them, not both",
            fix="-e takes a tox environment of the package's own first, --profile a profile alone.",
        )
    profiles = _profiles(template, request.package)
    if request.profile not in profiles:
        raise unknown("profile", request.profile, profiles)
    return _of_profile(environment, request.profile, profiles[request.profile])


def _of_profile(environment: Environment, name: str, profile: Profile) -> Tests:
    source = next((s for s in environment.develop if s.package == profile.package), None)
    return Tests(name, source, profile)


def _with_described(template: Template, environment: Environment) -> Template:
    """The template with the profiles in [tool.devenv] of the dev sources; its own win."""
    found: dict[str, Profile] = {}
    for source in environment.develop:
        own = of_source(Path(source.path))
        found |= own.tests if own else {}
    return replace(template, tests={**found, **template.tests})


def _profiles(template: Template, package: str) -> dict[str, Profile]:
    """The template's; those of a package alone where one was named."""
    wanted = normalise_name(package)
    return {n: p for n, p in template.tests.items() if not wanted or p.package == wanted}


def _variants(environment: Environment, template: Template, model: str) -> str:
    """Those in which the model that was asked for differs from the environment's own."""
    name = model_name(environment, template, model)
    return next((one.variants for one in environment.further if one.name == name), "")


def _source(environment: Environment, package: str, of_profile: str = "") -> DevSource | None:
    """The dev source that is tested; None where none is developed, or which is not clear."""
    wanted = normalise_name(package) if package else of_profile
    sources = [s for s in environment.develop if not wanted or s.package == wanted]
    if package and not sources:
        raise unknown("dev source", package, [s.package for s in environment.develop])
    return sources[0] if len(sources) == 1 else None

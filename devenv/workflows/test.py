"""devenv test: a developed package's tests, by its own tox environments or the template's profiles."""

from __future__ import annotations

from devenv.config.context import Context, settings_of
from devenv.core.environment import CompiledSource, Environment, Generation
from devenv.core.errors import UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.result import Result, Table
from devenv.environment.activation import active_variables
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.places.modules import with_environ
from devenv.places.node import NodeShare, node_for
from devenv.sources.presence import missing_sources, require
from devenv.store.carry import before
from devenv.testing.derived import derived
from devenv.testing.own import OwnRun, own_environments, run_own
from devenv.testing.own_neuron import other_neuron
from devenv.testing.plain import PLAIN, with_requirements
from devenv.testing.profile import ProfileRun, run_profile
from devenv.testing.selection import (
    TestRequest,
    Tests,
    model_variants,
    select_tests,
    tested_source,
    with_own_profiles,
)
from devenv.testing.toolchain import CTEST, run_ctest
from devenv.testing.tox import neuron_in
from devenv.upkeep.ready import ready_generation


def list_tests(env: Env, package: str | None) -> Result:
    """The tox environments of the package itself, and the template's profiles."""
    context, environment = env.context, env.request
    require(environment.name, missing_sources(environment.develop))
    template = with_own_profiles(template_of(context, environment), environment)
    rows = [("profile", n, p.help) for n, p in template.tests.items()]
    source = tested_source(environment, package or "")
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
    template = with_own_profiles(template_of(context, environment), environment)
    tests = select_tests(context, environment, template, request)
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
        variants=model_variants(environment, template, request.model),
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
    """What is tested in: with the NEURON that was requested, or that the tox environment names."""

    def ready(name: str) -> Generation:
        env = Env(context, name)
        return ready_generation(env, no_build=request.no_build, model=request.model)

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

"""devenv test: tox in a developed package, with its own environments and the template's profiles."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from devenv.core.environment import DevSource, Environment, Generation
from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean, normalised, unknown
from devenv.core.result import Result, Table
from devenv.core.template import Profile, Template
from devenv.system import process
from devenv.testing import tox_overrides
from devenv.workflows.activate import activated
from devenv.workflows.context import Context, chosen, load_environment
from devenv.workflows.derived import derived
from devenv.workflows.further import model_name
from devenv.workflows.ground import template_of
from devenv.workflows.launching import Asked
from devenv.workflows.modules import with_environ
from devenv.workflows.node import Node, node_for
from devenv.workflows.profile import TOX, ProfileRun, inside, run_profile, run_tox
from devenv.workflows.run import prepared
from devenv.workflows.there import gone, require


@dataclass(frozen=True)
class TestRequest:
    """What was typed; empty: not given. neuron: another distribution of NEURON to test with.

    model: a further one, by its name or its variants.
    """

    profile: str = ""
    package: str = ""
    ranks: int = 0
    asked: Asked = field(default_factory=Asked)
    neuron: str = ""
    no_build: bool = False
    model: str = ""
    arguments: tuple[str, ...] = ()
    as_json: bool = False

    __test__ = False  # for pytest: a name, no test


def list_tests(context: Context, name: str | None, package: str | None) -> Result:
    """The tox environments of the package itself, and the template's profiles."""
    environment = load_environment(context, chosen(context, name))
    template = template_of(context, environment)
    rows = [("profile", n, p.help) for n, p in template.tests.items()]
    source = _source(environment, package or "", None)
    require(environment.name, gone(environment.develop))
    if source:
        rows += [("tox", n, f"{source.package}'s own") for n in _own_environments(context, source)]
    return Result(table=Table(("KIND", "NAME", ""), tuple(rows)), data={"tests": rows})


def test(context: Context, name: str | None, request: TestRequest) -> Result:
    """Run the tests. The exit code is tox's own, or 1 where no test was run."""
    name = chosen(context, name)
    environment = load_environment(context, name)
    require(name, gone(environment.develop))
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
    generation = prepared(context, name, no_build=request.no_build, model=request.model)
    if generation.base:  # MPI may be its modules'
        context = with_environ(context, activated(context, generation))
    node = node_for(context, name, request.asked, request.ranks, profile.workers if profile else 0)
    context = node.how.context
    if source and request.profile in own:
        return _run_own(context, generation, node, source, request)
    assert profile is not None
    run = ProfileRun(
        name=request.profile or next(iter(template.tests)),
        profile=profile,
        source=next((s for s in environment.develop if s.package == profile.package), None),
        generation=generation,
        node=node,
        arguments=request.arguments,
        ranks=request.ranks,
        neuron=request.neuron or "neuron",
        variants=_variants(environment, template, request.model),
        to_stderr=request.as_json,
    )
    return run_profile(context, run)


test.__test__ = False  # type: ignore[attr-defined]


def _variants(environment: Environment, template: Template, model: str) -> str:
    """Those in which the model that was asked for differs from the environment's own."""
    name = model_name(environment, template, model)
    return next((one.variants for one in environment.further if one.name == name), "")


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
    return (*TOX, "-c", source.path, "--workdir", str(folder))


def _run_own(
    context: Context, generation: Generation, node: Node, source: DevSource, request: TestRequest
) -> Result:
    """The package's own environment, with the paths in our order whatever it says itself."""
    if request.ranks:
        raise UsageError(
            f"-n is for profiles: {request.profile} is {source.package}'s own, with its own commands",
            fix="Leave it out, or use a profile: devenv test --list",
        )
    folder = context.layout.env(generation.name).root / "tox" / f"own-{request.profile}"
    variables = inside(context, generation, node, folder)
    overrides = tox_overrides(request.profile, variables)
    arguments = ("-e", request.profile, *overrides, "--", *request.arguments)
    tox = _tox(context, source)
    code = run_tox(context, generation, node, tox, arguments, request.as_json)
    word = "passed" if code == 0 else f"failed (exit code {code})"
    line = f"{source.package}'s own tox environment {request.profile}: {word}"
    return Result((line,), data={"profile": request.profile, "exit_code": code}, code=code)

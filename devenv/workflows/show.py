"""devenv list and show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Generation, Lock
from devenv.core.quantity import quantity
from devenv.core.requirements import distributions, locked_version
from devenv.core.result import Result, Table
from devenv.engines.registry import engine
from devenv.environment.handle import Env, environment_names
from devenv.environment.summary import generation_number, model_state, summarise
from devenv.models.stale import stale
from devenv.sources.presence import missing_sources, way_out


def list_environments(context: Context) -> Result:
    """Every environment, in a line."""
    found = [summarise(Env(context, name)) for name in environment_names(context)]
    if not found:
        lines = ("There is no environment yet. Create one: devenv create neocortex",)
        return Result(lines, data={"environments": []})
    header = ("NAME", "TEMPLATE", "MODEL", "GENERATION", "DEVELOPED")
    rows = tuple(map(astuple, found))
    return Result(table=Table(header, rows), data={"environments": list(map(asdict, found))})


def show(env: Env) -> Result:
    """What an environment is made of, exactly."""
    name, environment = env.name, env.request
    generation, lock = env.generation, env.lock
    packages = _packages(env)
    rows = [
        ("environment", f"{name} (engine {generation.engine})"),
        ("generation", generation_number(env)),
        *_request(environment),
        ("python", f"{lock.python}  {generation.python}"),
        *_neuron(generation, (*lock.neuron, *packages)),
        ("packages", f"{len(packages)}  {generation.site}"),
        ("model", _model(generation)),
        *((f"developed {one.package}", _source(one, lock)) for one in environment.develop),
        *(("own mods", path) for path in environment.mods),
        *(("left out", line) for line in (generation.model.left_out if generation.model else ())),
        *(
            ("MISSING", f"the dev source {package} is gone: {path}. {way_out(name, package)}")
            for package, path in missing_sources(environment.develop)
        ),
        *(("hoc", folder) for folder in generation.hoc),
        *(("MISSING", missing) for missing in generation.missing),
        ("request", str(env.layout.request)),
    ]
    data = {
        "environment": asdict(environment),
        "generation": asdict(generation),
        "lock": asdict(lock),
        "stale": stale(generation),
    }
    return Result(table=Table(("", ""), tuple(rows)), data=data)


def _request(environment: Environment) -> Iterator[tuple[str, str]]:
    """What was requested, where it is not this environment's own file alone."""
    if environment.template:
        yield "template", f"{environment.template} {environment.variants}".strip()
    if environment.manifest:
        yield "manifest", environment.manifest


def _neuron(generation: Generation, packages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """None of an environment without NEURON; one of a base has no version here."""
    version = locked_version(packages, "neuron")
    if version or generation.wants_model:
        yield "neuron", f"{version or '?'}  {generation.neuron}"


def _model(generation: Generation) -> str:
    state = model_state(generation)
    if generation.model is None:
        return state
    return f"{state}, {quantity(generation.model.mechanisms, 'mechanism')}  {generation.model.path}"


def _source(source: DevSource, lock: Lock) -> str:
    state = next((s for s in lock.sources if s.package == source.package), None)
    if state is None or not state.commit:
        return source.path
    return f"{source.path}  (at {state.commit[:10]}{'' if state.clean else ', with changes'})"


def _packages(env: Env) -> tuple[str, ...]:
    """``name==version`` of each package, as the engine's own lock has it where it has one."""
    installed = engine(env.generation.engine).contents(env.current).components
    if not installed:
        return distributions(env.lock.packages)
    return tuple(f"{one.name}=={one.version}" for one in installed)

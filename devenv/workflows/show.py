"""devenv list, show and templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.config.templates import list_templates, load_template, template_folders
from devenv.core.build_variants import BUILD_VARIANTS
from devenv.core.environment import Environment, Generation, Lock
from devenv.core.errors import DevenvError
from devenv.core.quantity import quantity
from devenv.core.requirements import distributions
from devenv.core.result import Result, Table
from devenv.engines.registry import engine
from devenv.environment.handle import Env, environment_names
from devenv.environment.history import numbers
from devenv.models.stale import stale
from devenv.sources.presence import missing_sources, way_out


def list_environments(context: Context) -> Result:
    """Every environment, in a line."""
    rows = [_row(Env(context, name)) for name in environment_names(context)]
    if not rows:
        lines = ("There is no environment yet. Create one: devenv create neocortex",)
        return Result(lines, data={"environments": []})
    header = ("NAME", "TEMPLATE", "MODEL", "GENERATION", "DEVELOPED")
    keys = ("name", "template", "model", "generation", "developed")
    data = {"environments": [dict(zip(keys, row, strict=True)) for row in rows]}
    return Result(table=Table(header, tuple(rows)), data=data)


def _row(env: Env) -> tuple[str, ...]:
    name = env.name
    mark = "*" if env.context.environ.get("DEVENV_ENV") == name else ""
    try:
        environment, generation = env.request, env.generation
        state = "source gone" if missing_sources(environment.develop) else _model_state(generation)
    except DevenvError:
        return (name + mark, "?", f"broken, see: devenv show {name}", "", "")
    developed = ", ".join(source.package for source in environment.develop)
    number = _number(env)
    return (name + mark, environment.template, state, number, developed)


def _number(env: Env) -> str:
    """The generation, and the newest where somebody went back."""
    number = env.generation.number
    newest = max(numbers(env), default=number)
    return f"{number} (newest {newest})" if newest != number else str(number)


def _model_state(generation: Generation) -> str:
    if not generation.wants_model:
        return "none"
    reason = stale(generation)
    if generation.model is None:
        return "not built"
    if reason:
        return "stale"
    return "incomplete" if generation.missing else "built"


def show(env: Env) -> Result:
    """What an environment is made of, exactly."""
    name, environment = env.name, env.request
    generation, lock = env.generation, env.lock
    packages = _packages(env)
    rows = [
        ("environment", f"{name} (engine {generation.engine})"),
        ("generation", _number(env)),
        *_request(environment),
        ("python", f"{lock.python}  {generation.python}"),
        *_neuron(generation, (*lock.neuron, *packages)),
        ("packages", f"{len(packages)}  {generation.site}"),
        ("model", _model(generation)),
        *(
            (f"developed {s.package}", _source(s.package, s.path, lock))
            for s in environment.develop
        ),
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
    """What was asked for, where it is not this environment's own file alone."""
    if environment.template:
        yield "template", f"{environment.template} {environment.variants}".strip()
    if environment.manifest:
        yield "manifest", environment.manifest


def _neuron(generation: Generation, packages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """None of an environment without NEURON; one of a base has no version here."""
    version = _version(packages, "neuron")
    if version != "?" or generation.wants_model:
        yield "neuron", f"{version}  {generation.neuron}"


def _model(generation: Generation) -> str:
    state = _model_state(generation)
    if generation.model is None:
        return state
    return f"{state}, {quantity(generation.model.mechanisms, 'mechanism')}  {generation.model.path}"


def _source(package: str, path: str, lock: Lock) -> str:
    state = next((s for s in lock.sources if s.package == package), None)
    if state is None or not state.commit:
        return path
    return f"{path}  (at {state.commit[:10]}{'' if state.clean else ', with changes'})"


def _packages(env: Env) -> tuple[str, ...]:
    """``name==version`` of each package, as the engine's own lock has it where it has one."""
    installed = engine(env.generation.engine).contents(env.current).components
    if not installed:
        return distributions(env.lock.packages)
    return tuple(f"{one.name}=={one.version}" for one in installed)


def _version(lines: tuple[str, ...], package: str) -> str:
    pins = (head.partition("==") for head in distributions(lines))
    return next((version for name, _, version in pins if name.lower() == package), "?")


def list_all_templates(context: Context) -> Result:
    """Every template with its summary and variants."""
    folders = template_folders(context.layout.home)
    listed = [_template(name, folders) for name in list_templates(folders)]
    rows = tuple(row for row, _ in listed)
    data = {"templates": [one for _, one in listed]}
    own = ", ".join(sorted(BUILD_VARIANTS))
    line = f"Every model also takes {own}."
    return Result((line,), table=Table(("TEMPLATE", "SUMMARY", "VARIANTS"), rows), data=data)


def _template(name: str, folders: Sequence[Path]) -> tuple[tuple[str, str, str], dict[str, Any]]:
    """A template's row and data; of a broken one why, so that it does not hide the others."""
    try:
        found = load_template(name, folders)
    except DevenvError as error:
        why = " ".join(error.what.split())
        return (name, f"broken: {why}", ""), {"name": name, "error": why}
    row = (found.name, found.summary, " ".join(sorted(found.variants)))
    return row, {**asdict(found), "offered": sorted(found.offered_variants)}

"""devenv build, and the build before a run where one is needed."""

from __future__ import annotations

from pathlib import Path

from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.plan import Plan, Run, describe, flattened
from devenv.core.result import Result
from devenv.system.locks import locked
from devenv.workflows.context import (
    Context,
    chosen,
    in_use,
    load_environment,
    load_generation,
)
from devenv.workflows.generation import make_generation
from devenv.workflows.ground import Ground, lay_ground, model_of
from devenv.workflows.model import ModelWork, plan_model, stale


def build(
    context: Context,
    name: str | None,
    *,
    jobs: int = 0,
    update: bool = False,
    dry_run: bool = False,
) -> Result:
    """Make the environment's model what its sources say, and switch to it."""
    name = chosen(context, name)
    if dry_run:
        ground, work = _observe(context, name, update)
        return _dry_run(work)
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        before, _ = in_use(context, name)
        ground, work = _observe(context, name, update)
        compiled = _compiled(plan_model(work, Path("log"))) if work else 0
        after = make_generation(context, ground, work, jobs=jobs, current=before)
    return _built(before, after, compiled)


def _observe(context: Context, name: str, update: bool) -> tuple[Ground, ModelWork | None]:
    environment = load_environment(context, name)
    _, lock = in_use(context, name)
    ground = lay_ground(context, environment, lock, update=update)
    return ground, model_of(context, ground)


def _compiled(plan: Plan) -> int:
    """How many mechanisms a plan translates."""
    return sum(
        isinstance(step, Run) and step.argv[0].endswith("nocmodl") for step in flattened(plan.steps)
    )


def _dry_run(work: ModelWork | None) -> Result:
    plan = plan_model(work, Path("log")) if work else Plan("")
    lines = tuple(describe(step) for step in flattened(plan.steps))
    return Result(lines or ("# nothing to do",))


def _built(before: Generation | None, after: Generation, compiled: int) -> Result:
    model = after.model
    if before and after.number == before.number:
        headline = f"{after.name} is up to date (generation {after.number})."
    elif model is None:
        headline = f"{after.name}: generation {after.number}; its template has no model."
    else:
        headline = (
            f"{after.name}: generation {after.number}, {len(model.mechanisms)} mechanisms,"
            f" {compiled} of them compiled now."
        )
    lines = (headline, *(f"note: {missing}" for missing in after.missing))
    data = {
        "name": after.name,
        "generation": after.number,
        "compiled": compiled,
        "model": model.key if model else None,
        "missing": list(after.missing),
    }
    return Result(lines, data=data)


def fresh_generation(context: Context, name: str, *, may_build: bool) -> Generation:
    """The generation to run with: built now where the model's sources changed since.

    may_build False (--no-build, or within a job, where a thousand ranks would each build): StateError
    where it is stale.
    """
    generation = load_generation(context, name)
    reason = stale(generation)
    if not reason:
        return generation
    if not may_build:
        raise StateError(f"{name} is stale: {reason}", fix=f"Build it first: devenv build {name}")
    context.say(f"{name}: {reason}; building")
    build(context, name)
    return load_generation(context, name)

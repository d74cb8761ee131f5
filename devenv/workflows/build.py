"""devenv build, and the build before a run where one is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.core.environment import BuiltModel, Generation
from devenv.core.errors import StateError
from devenv.core.plan import Run, describe, flattened
from devenv.core.result import Result
from devenv.system.locks import locked
from devenv.workflows.context import (
    Context,
    chosen,
    in_use,
    load_environment,
    load_generation,
)
from devenv.workflows.further import Further, asked_for, further_models, keeps
from devenv.workflows.generation import make_generation
from devenv.workflows.ground import Ground, lay_ground, model_of, template_of, with_stores
from devenv.workflows.model import ModelWork, plan_model, stale


@dataclass(frozen=True)
class BuildRequest:
    """What was typed. variants, called: of one model, which alone is built; else all of them are.

    only: the one model to build, by its name; empty: the environment's own; None: not given.
    stores: folders that the environment uses from now on.
    """

    variants: str = ""
    called: str = ""
    only: str | None = None
    jobs: int = 0
    update: bool = False
    stores: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """What a build goes by: the ground, the models, and which of them are to be built.

    own: None where the environment's own model stays as it is (kept).
    """

    ground: Ground
    own: ModelWork | None
    kept: BuiltModel | None
    further: tuple[Further, ...]

    @property
    def works(self) -> dict[str, ModelWork]:
        """name -> what is to be built, the environment's own first."""
        own = {"": self.own} if self.own else {}
        return {**own, **{one.name: one.work for one in self.further if one.work}}


def build(
    context: Context,
    name: str | None,
    request: BuildRequest | None = None,
    *,
    dry_run: bool = False,
) -> Result:
    """Make the environment's models what its sources say, and switch to them."""
    name, request = chosen(context, name), request or BuildRequest()
    if dry_run:
        seen = observe(context, name, request)
        return _dry_run(seen)
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        before, _ = in_use(context, name)
        seen = observe(context, name, request)
        compiled = {n: _compiled(w) for n, w in seen.works.items()}
        after = make_generation(
            context,
            seen.ground,
            seen.own,
            jobs=request.jobs,
            current=before,
            kept=seen.kept,
            further=seen.further,
        )
    return _built(before, after, seen, compiled)


def observe(context: Context, name: str, request: BuildRequest) -> Observed:
    """What is asked for and what is there. Makes the packages where they are not."""
    environment, only = load_environment(context, name), request.only
    current, lock = in_use(context, name)
    if request.variants or request.called:
        template = template_of(context, environment)
        environment, only = asked_for(environment, template, request.variants, request.called)
    environment = with_stores(context, environment, request.stores)
    ground = lay_ground(context, environment, lock, update=request.update)
    names = [m.name for m in environment.further] if only is None else [only]
    further = further_models(context, ground, current, names)
    if not only:
        return Observed(ground, model_of(context, ground), None, further)
    model = current.model if current else None
    kept = model if current and model and keeps(ground, current, model) else None
    return Observed(ground, None, kept, further)


def _compiled(work: ModelWork) -> int:
    """How many mechanisms are to be compiled, for NEURON or for CoreNEURON or for both."""
    steps = flattened(plan_model(work, Path("log")).steps)
    runs = [step for step in steps if isinstance(step, Run)]
    translated = {s.argv[1] for s in runs if s.argv[0].endswith(("/nocmodl", "/nmodl"))}
    return len(translated & {f"{mod.name}.mod" for mod in work.mods})


def _dry_run(seen: Observed) -> Result:
    plans = [plan_model(work, Path("log")) for work in seen.works.values()]
    lines = tuple(describe(step) for plan in plans for step in flattened(plan.steps))
    return Result(lines or ("# nothing to do",))


def _built(
    before: Generation | None, after: Generation, seen: Observed, compiled: dict[str, int]
) -> Result:
    where = f"{after.name}: generation {after.number}"
    if before and after.number == before.number:
        lines = [f"{after.name} is up to date (generation {after.number})."]
    elif not after.wants_model:
        lines = [f"{where}; its template has no model."]
    else:
        lines = [
            f"{where}, {_titled(name)}{len(work.mods)} mechanisms,"
            f" {compiled[name]} of them compiled now."
            for name, work in seen.works.items()
        ]
    notes = dict.fromkeys(note for work in seen.works.values() for note in work.notes)
    lines += [f"note: {note}" for note in (*after.missing, *notes)]
    data = {
        "name": after.name,
        "generation": after.number,
        "compiled": sum(compiled.values()),
        "model": after.model.key if after.model else None,
        "models": {one.name: one.model.key for one in after.further},
        "missing": list(after.missing),
        "notes": list(notes),
    }
    return Result(tuple(lines), data=data)


def _titled(name: str) -> str:
    return f"model {name}: " if name else ""


def fresh_generation(
    context: Context, name: str, *, may_build: bool, model: str = ""
) -> Generation:
    """The generation to run with: built now where the model's sources changed since.

    model: the name of a further model, which is then the one that counts.

    may_build False (--no-build, or within a job, where a thousand ranks would each build): StateError
    where it is stale.
    """
    generation = load_generation(context, name)
    reason = stale(generation, model)
    if not reason:
        return generation
    if not may_build:
        raise StateError(f"{name} is stale: {reason}", fix=f"Build it first: devenv build {name}")
    context.say(f"{name}: {reason}; building")
    build(context, name, BuildRequest(only=model))
    return load_generation(context, name)

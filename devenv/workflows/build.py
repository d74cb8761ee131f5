"""devenv build, and the build before a run where one is needed.

What makes something is imported where there is something to make: a run, and a build that finds
nothing changed, are not to wait for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.environment.intact import (
    find_damage,
    find_damage_now,
    is_generation,
    pending,
    require_intact,
    suspecting,
)
from devenv.environment.mark import edited_since, mark_built
from devenv.models.stale import stale
from devenv.sources.compiled import edited
from devenv.sources.presence import require_overlaid
from devenv.store.carry import rehearse, stop_dry_run

if TYPE_CHECKING:
    from devenv.environment.build_request import BuildRequest


def build(
    env: Env,
    request: BuildRequest | None = None,
    *,
    dry_run: bool = False,
) -> Result:
    """Make the environment's models what its sources say, and switch to them."""
    from devenv.environment.build_request import BuildRequest, up_to_date
    from devenv.environment.quick import is_unchanged

    context, request = env.context, request or BuildRequest()
    plain = request == BuildRequest(jobs=request.jobs)
    if dry_run:
        planned = rehearse(context, lambda dry: build(env.reopen(dry), request))
        notes = [f"# {one}" for one in pending(env, fully=request.force)]
        return replace(planned, lines=(*notes, *planned.lines))
    found = find_damage_now(env, fully=request.force)
    if plain and not found and is_unchanged(env):
        mark_built(context, env.generation)
        return up_to_date(env.generation)
    from devenv.engines.registry import engine as engine_of

    engine = engine_of(env.request.engine)
    if env.unreadable:
        context.say(f"{env.name} is rebuilt: {env.unreadable}")
    anew = request.force or any(map(is_generation, found))
    suspicious = env.reopen(suspecting(context, found))
    built = engine.build(suspicious, replace(request, force=anew))
    if request.update:
        from devenv.workflows.project import keep_lock

        keep_lock(env)
    return built


def fresh_generation(env: Env, *, may_build: bool, model: str = "") -> Generation:
    """The generation to run with: built now where the model's sources changed since.

    model: the name of a further model, which is then the one that counts.

    may_build False (--no-build, or within a job, where a thousand ranks would each build): StateError
    where it is stale, or where a dev source is gone.
    """
    context, name, generation = env.context, env.name, env.generation
    require_overlaid(generation)
    harm = find_damage(context, generation)
    reason = f"it is damaged: {harm[0].text}" if harm else ""
    reason = reason or edited(generation.compiled) or stale(generation, model) or _edited_built(env)
    if not reason:
        _note_edited(env)
        return generation
    if not may_build:
        word = "cannot run" if harm else "is stale"
        raise StateError(f"{name} {word}: {reason}", fix=f"Build it first: devenv build {name}")
    from devenv.environment.build_request import BuildRequest

    context.say(f"{name}: {reason}; building" if context.dry is None else f"{name}: {reason}")
    build(env, BuildRequest(only=model))
    stop_dry_run(context, "this is built")
    generation = env.reopen().generation
    require_intact(context, generation)
    return generation


def _edited_built(env: Env) -> str:
    """Not asked by each of a job's ranks, which would all read the whole source."""
    from devenv.environment.quick import edited_built
    from devenv.places.host import is_rank

    return "" if is_rank(env.context) else edited_built(env)


def _note_edited(env: Env) -> None:
    """A run does not build what else is asked for: who went back to a generation wants that one."""
    layout = env.layout
    if not edited_since(layout):
        return
    from devenv.places.host import is_rank

    if not is_rank(env.context):
        env.context.say(
            f"note: {layout.request} was edited since the last build;"
            f" for what it asks now: devenv build {env.name}"
        )

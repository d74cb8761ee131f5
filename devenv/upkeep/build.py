"""devenv build, which other verbs call too.

A build that finds nothing changed does not import the code that builds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.environment.intact import (
    find_damage_now,
    is_generation,
    pending,
    suspecting,
)
from devenv.environment.mark import mark_built
from devenv.store.carry import rehearse

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
        from devenv.upkeep.project import keep_lock

        keep_lock(env)
    return built


def why(env: Env, request: BuildRequest) -> Result:
    """What changed since the models were built, and what a build will do about it; nothing is built."""
    from devenv.engines.registry import engine

    return engine(env.request.engine).why(env, request)

"""devenv build, and the build before a run where one is needed.

What makes something is imported where there is something to make: a run, and a build that finds
nothing changed, are not to wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.result import Result
from devenv.workflows.context import Context, chosen, load_environment, load_generation
from devenv.workflows.mark import mark_built
from devenv.workflows.stale import stale
from devenv.workflows.there import require_overlaid

if TYPE_CHECKING:
    from devenv.workflows.built import BuildRequest


def build(
    context: Context,
    name: str | None,
    request: BuildRequest | None = None,
    *,
    dry_run: bool = False,
) -> Result:
    """Make the environment's models what its sources say, and switch to them."""
    from devenv.workflows.built import BuildRequest, up_to_date
    from devenv.workflows.quick import unchanged

    name, request = chosen(context, name), request or BuildRequest()
    plain = request == BuildRequest(jobs=request.jobs)
    if plain and not dry_run and unchanged(context, name):
        generation = load_generation(context, name)
        mark_built(context, generation)
        return up_to_date(generation)
    from devenv.workflows.engine import maker

    engine = maker(load_environment(context, name).engine)
    return (
        engine.dry_run(context, name, request) if dry_run else engine.make(context, name, request)
    )


def fresh_generation(
    context: Context, name: str, *, may_build: bool, model: str = ""
) -> Generation:
    """The generation to run with: built now where the model's sources changed since.

    model: the name of a further model, which is then the one that counts.

    may_build False (--no-build, or within a job, where a thousand ranks would each build): StateError
    where it is stale, or where a dev source is gone.
    """
    generation = load_generation(context, name)
    require_overlaid(generation)
    reason = stale(generation, model)
    if not reason:
        return generation
    if not may_build:
        raise StateError(f"{name} is stale: {reason}", fix=f"Build it first: devenv build {name}")
    from devenv.workflows.built import BuildRequest

    context.say(f"{name}: {reason}; building")
    build(context, name, BuildRequest(only=model))
    return load_generation(context, name)

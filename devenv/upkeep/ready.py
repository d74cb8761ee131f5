"""The generation to work in: whole, and built again where its sources changed since.

The code that builds is imported only when something must be built, so that a run does not wait for
it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from devenv.config.context import Context
from devenv.core.activation import MODULE_OPTIONS
from devenv.core.delta import apply
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.environment.activation import selected_model
from devenv.environment.guard import check_model
from devenv.environment.handle import Env
from devenv.environment.intact import find_damage, require_intact
from devenv.environment.mark import edited_since
from devenv.models.stale import stale
from devenv.places.host import is_rank
from devenv.places.modules import without_ours
from devenv.sources.compiled import edited
from devenv.sources.presence import require_overlaid
from devenv.store.carry import before, rehearse, stop_dry_run
from devenv.system.leases import hold


def ready_generation(
    env: Env, *, no_build: bool, model: str = "", lease: bool = True, special: bool = True
) -> Generation:
    """The generation to run with, up to date; says what is not whole about it.

    model: a further model, by name or by variants, which takes the place of the environment's own.
    lease: until this process has ended, nobody removes it; a shell is open for days, and takes none.
    special: whether what runs may start special by itself.
    """
    context, model = env.context, selected_model(env, model)
    generation = _fresh(env, model, no_build, lease).with_model(model)
    check_model(context, generation, special=special)
    notes = generation.model.notes if generation.model else ()
    for note in (*generation.missing, *notes, *_replaced_options(context, generation)):
        context.say(f"note: {note}")
    return generation


def ready_or_planned(
    env: Env,
    then: str,
    *,
    dry_run: bool,
    no_build: bool,
    model: str = "",
    special: bool = True,
) -> tuple[tuple[str, ...], Generation]:
    """The generation to run with. A dry run builds none: what a build takes, and the one until then.

    then: what is done with the one that is built.
    """
    if not dry_run:
        return (), ready_generation(env, no_build=no_build, model=model, special=special)
    found: list[Generation] = []

    def look(dry: Context) -> None:
        with before(then):
            one = ready_generation(env.reopen(dry), no_build=no_build, model=model, special=special)
        found.append(one)

    planned = rehearse(env.context, look)
    if found:
        return (), found[0]
    return planned.lines, env.generation.with_model(selected_model(env, model))


def _replaced_options(context: Context, generation: Generation) -> Iterator[str]:
    """The user's own options for `import neuron`, where the environment's take their place."""
    own = without_ours(context.environ).get(MODULE_OPTIONS, "")
    ours = apply(generation.delta, {}).get(MODULE_OPTIONS, "")
    if own and ours and own != ours and not is_rank(context):
        example = shlex.quote(f"{ours} {own}")
        yield (
            f"{MODULE_OPTIONS} is the environment's here, and your {own!r} has no effect; to have both:"
            f" devenv run {generation.name} -- env {MODULE_OPTIONS}={example} COMMAND"
        )


def _fresh(env: Env, model: str, no_build: bool, lease: bool) -> Generation:
    """Of a job the outermost process alone leases it: a thousand ranks would ask for as many locks."""
    inside_job = is_rank(env.context)
    may_build = not (no_build or inside_job)
    while True:
        generation = fresh_generation(env, may_build=may_build, model=model)
        if not lease or inside_job or _leased(env, generation):
            return generation


def _leased(env: Env, generation: Generation) -> bool:
    """False where it was removed in this very moment. The models may be another's: hold them, too."""
    layout = env.folder_of(generation)
    # A missing model is reported by what checks it.
    for path in {one.path for one in generation.models}:
        hold(Path(path, "model.json"))
    return hold(layout.manifest)


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
    from devenv.upkeep.build import build

    context.say(f"{name}: {reason}; building" if context.dry is None else f"{name}: {reason}")
    build(env, BuildRequest(only=model))
    stop_dry_run(context, "this is built")
    generation = env.reopen().generation
    require_intact(context, generation)
    return generation


def _edited_built(env: Env) -> str:
    """Not asked by each of a job's ranks, which would all read the whole source."""
    from devenv.environment.quick import edited_built

    return "" if is_rank(env.context) else edited_built(env)


def _note_edited(env: Env) -> None:
    """A run does not build what else is requested: who went back to a generation wants that one."""
    if is_rank(env.context):
        return
    from devenv.environment.quick import edited_files

    if edited_since(env.layout):
        env.context.say(
            f"note: {env.layout.request} was edited since the last build;"
            f" for what it asks now: devenv build {env.name}"
        )
    for file in edited_files(env):
        apply = f"to apply it: devenv build {env.name}"
        env.context.say(f"note: {file} was edited since the last build; {apply}")

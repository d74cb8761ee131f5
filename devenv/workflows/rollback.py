"""devenv rollback: `current` becomes a link to an earlier generation, by one rename.

A generation is complete and nothing changes it, so there is nothing to build. environment.yaml is put
back to what that generation was asked to be (what a person wrote around it stays), so that a later
build or develop goes on from there. Your sources stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.config.environment_file import edited_text, environment_text
from devenv.core.errors import StateError, UsageError
from devenv.core.plan import Link, Plan, RemovePath, Step, Write
from devenv.core.result import Result
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.environment.history import (
    GenerationRecord,
    before_current,
    current_number,
    generation_record,
    parse_selection,
    request_is_unbuilt,
    require_whole,
)
from devenv.environment.mark import mark_built
from devenv.models.stale import stale
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system import git


def rollback(context: Context, words: Sequence[str], *, keep_request: bool = False) -> Result:
    """Switch to [NAME] [GENERATION]; by default to the one before the current.

    keep_request: environment.yaml stays, so that the next build goes forward again.
    """
    env, asked = parse_selection(context, words)
    name = env.name
    if len(asked) > 1:
        raise UsageError("more than one generation", fix="Name one: devenv rollback NAME 1")
    with changing(context, name):
        env = env.reopen()
        now = current_number(env)
        one = generation_record(env, asked[0] if asked else before_current(env))
        data = {"name": name, "from": now, "generation": one.number}
        if one.number == now:
            return Result((f"{name} is at generation {now} already.",), data=data)
        require_whole(one, engine(one.generation.engine).missing(one))
        request = () if keep_request else _requests(env, one)
        layout = env.layout
        link = Link(str(layout.current), f"generations/{one.number}")
        # Without the mark a shell takes the request for newer than the build, which it is.
        unmark = (RemovePath(str(layout.built)),) if keep_request else ()
        carry_out(context, Plan("rollback", (*request, link, *unmark)))
        if not keep_request:
            mark_built(context, one.generation)
    notes = tuple(_notes(env, one, keep_request))
    line = f"{name}: generation {one.number} is the current one; it was {now}."
    return Result((line, *notes), data={**data, "notes": list(notes)})


def _requests(env: Env, one: GenerationRecord) -> tuple[Step, ...]:
    """environment.yaml, and the engine's own request, as they were for that generation."""
    return (*engine(one.generation.engine).restore(env, one), *_request(env, one))


def _request(env: Env, one: GenerationRecord) -> tuple[Step, ...]:
    """environment.yaml as it was for that generation. StateError where edits would be lost."""
    path = env.layout.request
    if not path.exists():
        return (Write(str(path), environment_text(one.lock.environment)),)
    if request_is_unbuilt(env):
        raise StateError(
            f"{path} requests what was never built, which a rollback would lose",
            fix=f"Build it, so that it is a generation of its own: devenv build {env.name}\n"
            f"  Or leave the file as it is: devenv rollback {env.name} {one.number} --keep-request",
        )
    before = read_text(path, f"Bring it back, or: devenv rollback {env.name} --keep-request")
    text = edited_text(before, one.lock.environment, str(path))
    return (Write(str(path), text),) if text != before else ()


def _notes(env: Env, one: GenerationRecord, keep_request: bool) -> Iterator[str]:
    """What a rollback does not put back."""
    name = one.generation.name
    for source in one.lock.sources:
        now = git.state(Path(source.path))
        if source.commit and now.commit != source.commit:
            yield (
                f"note: {source.package} is at {now.commit[:10]}, and was at {source.commit[:10]}:"
                " your source stays as it is"
            )
    reason = stale(one.generation) if one.generation.model else ""
    if reason:
        yield (
            f"note: generation {one.number}: {reason}; an activated shell has the model as it was,"
            " a run or a build rebuilds it"
        )
    if keep_request:
        path = env.layout.request
        yield f"note: {path} stays as it is: the next build makes what it asks for"
    if env.context.environ.get("DEVENV_ENV") == name:
        yield f"note: this shell has what was current before; devenv activate {name} follows"

"""What a build is to do, and its result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import UnreachableError
from devenv.core.result import Result


@dataclass(frozen=True)
class BuildRequest:
    """What was typed. variants, called: of one model, which alone is built; else all of them are.

    only: the one model to build, by its name; empty: the environment's own; None: not given.
    stores: folders that the environment uses from now on. mods: the same of mods, folders and files;
    no_mods: those that it stops using. include: mods that are no longer left out. cache: an address of
    builds that Spack may take in place of its own. strict: refuse an incomplete model; None: in CI.
    force: look at every file's hash, and make a new generation.
    """

    variants: str = ""
    called: str = ""
    only: str | None = None
    jobs: int = 0
    update: bool = False
    stores: tuple[str, ...] = ()
    mods: tuple[str, ...] = ()
    no_mods: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    cache: str = ""
    strict: bool | None = None
    force: bool = False


def comparable_generation(before: Generation | None, request: BuildRequest) -> Generation | None:
    """The generation in use, as a build compares it: with `force` it never matches the request."""
    return replace(before, stamp="") if before and request.force else before


def up_to_date(generation: Generation) -> Result:
    """There was nothing to build."""
    return result_of(
        generation, [f"{generation.name} is up to date (generation {generation.number})."], 0
    )


def result_of(after: Generation, lines: list[str], compiled: int) -> Result:
    """`lines`, and what is to be known of the generation. compiled: how many mechanisms were."""
    own = (after.model,) if after.model else ()
    models = (*own, *(one.model for one in after.further))
    notes = tuple(dict.fromkeys(note for model in models for note in model.notes))
    left_out = tuple(dict.fromkeys(line for model in models for line in model.left_out))
    data = {
        "name": after.name,
        "generation": after.number,
        "compiled": compiled,
        "model": after.model.key if after.model else None,
        "models": {one.name: one.model.key for one in after.further},
        "missing": list(after.missing),
        "notes": list(notes),
        "left_out": list(left_out),
    }
    notes = (*after.missing, *notes)
    more = (*(f"left out: {line}" for line in left_out), *(f"note: {note}" for note in notes))
    return Result((*lines, *more), data=data)


_NO = ("", "0", "false", "no", "off")


def require_complete(context: Context, missing: Iterable[str], strict: bool | None) -> None:
    """UnreachableError where something is missing and `strict` is set.

    strict: None where nothing was said: then it is strict where CI is set, as all CI services set it,
    since nobody reads a note there.
    """
    if strict is None:
        strict = context.environ.get("CI", "").lower() not in _NO
    for one in missing if strict else ():
        raise UnreachableError(
            one, fix="Try again when it can be reached; or accept it as it is: --no-strict"
        )

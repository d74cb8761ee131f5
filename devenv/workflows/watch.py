"""devenv build --watch: rebuild as files are saved."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from devenv.core.environment import BuiltModel, CompiledSource
from devenv.core.errors import DevenvError
from devenv.core.result import Result
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.environment.quick import built_edits, built_files, built_names
from devenv.models.stale import inputs_of
from devenv.sources.compiled import content_of
from devenv.upkeep.build import build

PERIOD = 0.5
"""Seconds between two looks. What is the same in two looks is saved, and is built."""


def watch(env: Env, request: BuildRequest) -> Result:
    """Build, and build again whenever a MOD file or a compiled source has other content; until Ctrl-C.

    An error is printed, and watching goes on: the next save may fix it.
    """
    with suppress(KeyboardInterrupt):
        _built(env, request)
        # A model that was requested by its variants is one of the environment's from now on.
        _follow(env, replace(request, variants="", called="", update=False))
    return Result((f"{env.name} is not watched any more.",))


def _follow(env: Env, request: BuildRequest) -> None:
    """Look at the content for ever. What the last build saw is what counts: an edit during it shows.

    What a failed build leaves in a source is no edit.
    """
    left: set[str] = set()
    tried = seen = _seen(env.reopen(), left, built=True)
    while True:
        time.sleep(PERIOD)
        now = _seen(env.reopen(), left)
        if now != tried and now == seen:
            before = built_names(env.reopen())
            good = _built(env, request)
            left |= set() if good else built_names(env.reopen()) - before
            tried = _seen(env.reopen(), left, built=True) if good else now
        seen = now


def _seen(env: Env, left: Collection[str], *, built: bool = False) -> tuple[object, ...]:
    """The content of the folders of each model and of each compiled dev source: as it was built, or as
    it is now; of those that the engine builds, what was edited since, but for the files in `left`."""
    generation = env.generation
    edits = built_edits(env)
    if edits is None:
        edits, built = built_files(env), False
    return (
        *(one.inputs if built else _digest(one) for one in generation.models),
        *(one.content if built else _content(one) for one in generation.compiled),
        sorted((file, hash_) for file, hash_ in edits if not built and file not in left),
    )


def _digest(model: BuiltModel) -> str:
    try:
        return inputs_of(model.folders)
    except (DevenvError, OSError):
        return "a file that is being written"


def _content(source: CompiledSource) -> str:
    try:
        return content_of(source)
    except (DevenvError, OSError):
        return "a file that is being written"


def _built(env: Env, request: BuildRequest) -> bool:
    """Build, and print the result; whether it succeeded."""
    started, good = time.monotonic(), True
    try:
        lines = build(env.reopen(), request).lines
    except DevenvError as error:
        lines, good = (f"error: {error}",), False
    for line in lines:
        print(line, flush=True)
    print(f"{time.monotonic() - started:.1f} s; watching {env.name}, Ctrl-C ends it", flush=True)
    return good

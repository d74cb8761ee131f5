"""devenv which: where something comes from, who put it there, and what it is in front of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.environment.lookup import Hit, look_up


def which(env: Env, what: str) -> Result:
    """The first hit and all that it shadows, as a process in the environment would look.

    UsageError for what can be no name, such as that of a variable that is not set.
    """
    if not re.search(r"\w", what):
        raise UsageError(
            f"{what!r} is not a name", fix="Name what to look for: devenv which neuron"
        )
    hits = look_up(env, what)
    if not hits:
        line = f"{env.name} has no package, HOC file, program or mechanism {what}"
        return Result((line,), data={"name": what}, code=1)
    first, *rest = hits
    lines = (
        first.path,
        f"  because of: {first.why}",
        *_sources(env.generation, first),
        *(f"  shadows: {hit.path}  ({hit.why})" for hit in rest),
    )
    shadows = [asdict(hit) for hit in rest]
    return Result(lines, data={"name": what, **asdict(first), "shadows": shadows})


def _sources(generation: Generation, hit: Hit) -> Iterator[str]:
    """What a module that lies in an overlay, or is compiled, comes from."""
    for one in generation.compiled:
        overlays = [o.path for o in generation.overlays if o.package == one.package]
        if any(Path(hit.path).is_relative_to(place) for place in (one.built, *overlays)):
            yield f"  compiled from: {one.path}  (in {one.built})"

"""The activation of a process of ours, and the dialects of shells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devenv.config.context import Context
from devenv.core.delta import apply, invert
from devenv.core.environment import Generation
from devenv.core.names import unknown
from devenv.places.modules import based
from devenv.shells.record import RECORD, encode
from devenv.sources.presence import require_overlaid

if TYPE_CHECKING:
    from devenv.shells.dialect import Dialect


def activated(context: Context, generation: Generation) -> dict[str, str]:
    """The process's variables with the environment active, whatever was active before.

    StateError where a dev source is gone, or a module of the base cannot be loaded.
    """
    require_overlaid(generation)
    environ = based(context.environ, generation.base)
    record = encode(invert(generation.delta, environ))
    return {**apply(generation.delta, environ), RECORD: record}


def dialect_of(name: str) -> Dialect:
    """The dialect that the shell of this name understands."""
    # A run activates by itself, and needs no shell's words.
    from devenv.shells.registry import ALIASES, DIALECTS

    found = DIALECTS.get(ALIASES.get(name, name))
    if found is None:
        raise unknown("shell", name, {**DIALECTS, **ALIASES})
    return found

"""An environment in a line: what it is made from, and the state of its model."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.core.environment import Generation
from devenv.core.errors import DevenvError
from devenv.environment.handle import Env
from devenv.environment.history import numbers
from devenv.models.stale import stale
from devenv.sources.presence import missing_sources


@dataclass(frozen=True)
class EnvironmentSummary:
    """In words for people. name: with a ``*`` if it is the activated one. developed: its dev sources."""

    name: str
    template: str
    model: str
    generation: str = ""
    developed: str = ""


def summarise(env: Env) -> EnvironmentSummary:
    """The line of an environment; of a broken one that it is broken, so that it hides no other."""
    mark = "*" if env.context.environ.get("DEVENV_ENV") == env.name else ""
    name = env.name + mark
    try:
        environment, generation = env.request, env.generation
        lost = missing_sources(environment.develop)
        state = "source gone" if lost else model_state(generation)
    except DevenvError:
        return EnvironmentSummary(name, "?", f"broken, see: devenv show {env.name}")
    developed = ", ".join(source.package for source in environment.develop)
    return EnvironmentSummary(name, environment.template, state, generation_number(env), developed)


def generation_number(env: Env) -> str:
    """The generation in use, and the newest where somebody went back."""
    number = env.generation.number
    newest = max(numbers(env), default=number)
    return f"{number} (newest {newest})" if newest != number else str(number)


def model_state(generation: Generation) -> str:
    """In a word or two: none, not built, stale, incomplete, or built."""
    if not generation.wants_model:
        return "none"
    reason = stale(generation)
    if generation.model is None:
        return "not built"
    if reason:
        return "stale"
    return "incomplete" if generation.missing else "built"

"""An environment made from another: the same but for its NEURON."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.environment import Environment
from devenv.core.errors import UsageError
from devenv.core.names import DERIVED, checked_name
from devenv.engines.venv.ground import lay_ground
from devenv.environment.generation import make_generation
from devenv.environment.ground import model_of
from devenv.environment.handle import Env
from devenv.store.changing import changing


def derived(context: Context, environment: Environment, neuron: str) -> str:
    """The name of the environment with the NEURON that the requirement `neuron` names, up to date.

    It is an environment like any other: listed, used and removed by its name. But it is never the
    only one, which may be left unnamed.
    """
    if environment.engine != "venv":
        raise UsageError(
            f"another NEURON is for environments of the engine venv; {environment.name} is of"
            f" {environment.engine}",
            fix=f"Name it when you create one: devenv create NAME --engine {environment.engine}"
            f" --neuron '{neuron}'",
        )
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", neuron).strip("-")
    name = checked_name(f"{environment.name}{DERIVED}{word}")
    wanted = replace(environment, name=name, neuron=neuron)
    with changing(context, name):
        env = Env(context, name)
        current, before = env.in_use
        ground = lay_ground(context, wanted, before)
        make_generation(env, ground, model_of(context, ground), current=current)
    return name

"""An environment made from another: the same but for its NEURON."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.environment import Environment
from devenv.core.names import DERIVED, checked_name
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.store.changing import changing


def derived(context: Context, environment: Environment, neuron: str) -> str:
    """The name of the environment with the NEURON that the requirement `neuron` names, up to date.

    It is an environment like any other: listed, used and removed by its name. But it is never the
    only one, which may be left unnamed.
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", neuron).strip("-")
    name = checked_name(f"{environment.name}{DERIVED}{word}")
    wanted = replace(environment, name=name, neuron=neuron)
    with changing(context, name):
        engine(environment.engine).derive(Env(context, name), wanted)
    return name

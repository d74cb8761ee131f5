"""An environment derived from another one, with a different NEURON."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.environment import Environment
from devenv.core.names import DERIVED, checked_name
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.store.carry import stop_dry_run
from devenv.store.changing import changing


def derived(context: Context, environment: Environment, neuron: str) -> str:
    """Build the environment with the NEURON of the requirement `neuron`. Returns its name.

    It can be listed, used and removed by its name like any other environment, but it is never used as
    the default when no name is given.
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", neuron).strip("-")
    name = checked_name(f"{environment.name}{DERIVED}{word}")
    variant = replace(environment, name=name, neuron=neuron)
    with changing(context, name):
        engine(environment.engine).derive(Env(context, name), variant)
    if context.dry and context.dry.plans:
        stop_dry_run(context, f"this is {name}")
    return name

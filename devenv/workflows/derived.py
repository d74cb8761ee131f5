"""An environment made from another: the same but for its NEURON."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.core.environment import Environment
from devenv.system.locks import locked
from devenv.workflows.context import Context, load_generation, load_lock
from devenv.workflows.generation import make_generation
from devenv.workflows.ground import lay_ground, model_of


def derived(context: Context, environment: Environment, neuron: str) -> str:
    """The name of the environment with the NEURON that the requirement `neuron` names, up to date.

    It is an environment like any other: listed, used and removed by its name.
    """
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", neuron).strip("-")
    name = f"{environment.name}.with-{word}"
    wanted = replace(environment, name=name, neuron=neuron)
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        there = context.layout.env(name).current.is_symlink()
        before = load_lock(context, name) if there else None
        current = load_generation(context, name) if there else None
        ground = lay_ground(context, wanted, before)
        make_generation(context, ground, model_of(context, ground), current=current)
    return name

"""The activation of a process of ours, the model of it, and the dialects of shells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from devenv.config.context import Context
from devenv.core.delta import apply, invert
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.layout import GenerationLayout
from devenv.core.names import unknown
from devenv.environment.handle import Env
from devenv.places.modules import based
from devenv.shells.record import RECORD, encode
from devenv.sources.presence import require_overlaid

if TYPE_CHECKING:
    from devenv.shells.dialect import Dialect


def active_variables(context: Context, generation: Generation) -> dict[str, str]:
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


def selected_model(env: Env, model: str) -> str:
    """The name of the model of ``--model NAME|VARIANTS``; empty: the main model."""
    if not model:
        return ""
    # Templates are read for this alone: a run without --model does not wait for YAML.
    from devenv.environment.foundation import template_of
    from devenv.environment.named_models import model_name

    environment = env.request
    return model_name(environment, template_of(env.context, environment), model)


def scripts_of(env: Env, generation: Generation, model: str) -> GenerationLayout:
    """The folder of the activation with `model`; empty: the main one. StateError if it was not built."""
    layout = env.folder_of(generation)
    if not model:
        return layout
    names = [one.name for one in generation.further]
    found = layout.model(names.index(model)) if model in names else None
    if found is None or not found.root.is_dir():
        raise StateError(
            f"the model {model} of {generation.name} was never built",
            fix=f"Build it: devenv build {generation.name}",
        )
    return found


def script_of(folder: GenerationLayout, dialect: Dialect, name: str) -> Path:
    """What a shell of this dialect sources. name: of the environment.

    StateError where it is missing, as in what a devenv built that did not know this shell.
    """
    script = folder.activation(dialect.suffix)
    if not script.is_file():
        raise StateError(
            f"{name} has no activation script for {dialect.name}: there is no {script}",
            fix=f"Build it again: devenv build --force {name}",
        )
    return script

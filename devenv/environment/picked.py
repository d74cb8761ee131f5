"""The model that ``--model`` means, and where its scripts stand."""

from __future__ import annotations

from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.layout import GenerationLayout
from devenv.environment.handle import Env


def picked(env: Env, asked: str) -> str:
    """The name of the model that was asked for by its name or its variants; empty: the own."""
    if not asked:
        return ""
    # Templates are read for this alone: a run without --model does not wait for YAML.
    from devenv.environment.ground import template_of
    from devenv.environment.named_models import model_name

    environment = env.request
    return model_name(environment, template_of(env.context, environment), asked)


def scripts_of(env: Env, generation: Generation, model: str) -> GenerationLayout:
    """Where the activation with `model` stands (empty: the own). StateError where it was never built."""
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

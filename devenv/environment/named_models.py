"""The models of an environment beside its own: requested by variants, picked by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import BuiltModel, Environment, FurtherModel, Generation
from devenv.core.errors import StateError, UsageError
from devenv.core.names import unknown
from devenv.core.spec import format_variants
from devenv.core.template import Template
from devenv.environment.foundation import (
    Foundation,
    model_of,
    template_of,
    variants_of,
    with_variants,
)
from devenv.environment.handle import Env
from devenv.models.make import ModelWork
from devenv.models.stamp_file import stamp_of


@dataclass(frozen=True)
class AdditionalModel:
    """One model for a generation. name: empty for the environment's own. foundation: under its variants.

    work: what is to be built; None: it stays as it was built before (kept).
    """

    name: str
    foundation: Foundation
    work: ModelWork | None = None
    kept: BuiltModel | None = None

    @property
    def built(self) -> BuiltModel | None:
        return self.work.built if self.work else self.kept


def with_model_variants(
    environment: Environment, template: Template, variants: str, called: str = ""
) -> tuple[Environment, str]:
    """The environment with the model of these variants, and that model's name; empty: its own.

    called: the name it is to have; else its variants in their canonical spelling, as far as they
    differ from the environment's. UsageError for a variant that the template does not offer, and for
    a name that stands for another model.
    """
    if template.model is None:
        raise UsageError(
            f"the template {template.name} has no model and therefore no variants",
            fix="Omit them.",
        )
    wanted = variants_of(environment, template, variants)
    base = variants_of(environment, template)
    short = format_variants({k: v for k, v in wanted.items() if v != base[k]})
    known = {
        model.name: variants_of(environment, template, model.variants)
        for model in environment.further
    }
    if called and known.get(called, wanted) != wanted:
        raise UsageError(
            f"{called!r} is the name of another model of {environment.name}",
            fix="Choose another name after --as.",
        )
    same = next((name for name, values in known.items() if values == wanted), "")
    if not called and (same or not short):
        return environment, same
    model = FurtherModel(called or short, short)
    others = tuple(m for m in environment.further if m.name != model.name)
    return replace(environment, further=(*others, model)), model.name


def model_name(environment: Environment, template: Template, asked: str) -> str:
    """The model that `--model ASKED` means: a name, or variants; empty: the environment's own.

    UsageError where there is none such.
    """
    names = [model.name for model in environment.further]
    if not asked or asked in names:
        return asked
    if asked[0] in "+~" or "=" in asked:
        found, name = with_model_variants(environment, template, asked)
        if found == environment:
            return name
        raise UsageError(
            f"{environment.name} has no model {asked}",
            fix=f"Build it: devenv build {environment.name} {asked}",
        )
    raise unknown("model", asked, names, environment.name)


def compiled_model(env: Env, asked: str) -> BuiltModel:
    """The model that `--model ASKED` names. StateError if it is not built.

    UsageError if Spack built it: then its sources and compile commands are not kept.
    """
    generation, name = env.generation, env.name
    model = generation.model
    if asked:
        environment = env.request
        further = model_name(environment, template_of(env.context, environment), asked)
        others = {"": model, **{m.name: m.model for m in generation.further}}
        model = others.get(further)
    if model is None and not asked and not generation.wants_model:
        raise StateError(f"{name} has no model: its packages bring the mechanisms")
    if model is None or not Path(model.path).exists():
        what = f"{name} has no built model{f' {asked}' if asked else ''}"
        raise StateError(what, fix=f"Build it: devenv build {f'{name} {asked}'.strip()}")
    if not Path(model.path, "compile_commands.json").exists():
        raise UsageError(
            f"the model of {name} is built by Spack: {model.path}",
            fix=f"Its mods are in {model.path}/share; how it was built: devenv spack exec --env {name}"
            f" -- logs /{_spack_hash(model)}",
        )
    return model


def _spack_hash(model: BuiltModel) -> str:
    """What Spack calls a model: of a copy that devenv keeps, as its stamp says."""
    path = Path(model.path)
    kept = (path / "model.json").is_file()
    return str(stamp_of(path)["spack"]["hash"]) if kept else model.key


def additional_models(
    context: Context, foundation: Foundation, current: Generation | None, names: Collection[str]
) -> tuple[AdditionalModel, ...]:
    """The further models of the next generation: those of `names` to be built, others as they are."""
    found = []
    for asked in foundation.environment.further:
        own = with_variants(foundation, asked.variants)
        before = [one.model for one in current.further if one.name == asked.name] if current else []
        if asked.name in names:
            found.append(AdditionalModel(asked.name, own, work=model_of(context, own)))
        elif before and current and keeps(own, current, before[0]):
            found.append(AdditionalModel(asked.name, own, kept=before[0]))
    return tuple(found)


def keeps(foundation: Foundation, current: Generation, model: BuiltModel) -> bool:
    """Whether a model built before still fits: the same NEURON, mods from the same folders."""
    folders = tuple(place.path for place in foundation.places("mods"))
    return current.neuron == str(foundation.installed.neuron_site) and model.folders == folders

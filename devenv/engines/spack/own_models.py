"""Models that devenv compiles itself from what Spack installed: variants beside the recipe's own model,
and the environment's own with MOD files of the user's in front.

They are made by the same steps as with the other engine, from the mods that the recipe took, with the
NEURON of the environment and the compiler that Spack took, and stand in the store of all models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import Environment, Generation
from devenv.core.errors import StateError, UsageError
from devenv.core.site import External
from devenv.core.spec import holds
from devenv.core.template import Template
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.environment.build_request import BuildRequest
from devenv.environment.foundation import Foundation, model_of, template_of, variants_of
from devenv.environment.generation import libraries
from devenv.environment.named_models import AdditionalModel, additional_models, with_model_variants
from devenv.environment.own_mods import with_own_mods
from devenv.models.make import ModelWork
from devenv.models.neuron import neuron_home


def own_model(context: Context, foundation: Foundation) -> tuple[Foundation, ModelWork | None]:
    """What makes the environment's own model with its own mods; None where the recipe's model is it.

    The foundation with it names its library wherever a recipe named its own.
    """
    if not foundation.environment.mods:
        return foundation, None
    _require_wheel(foundation)
    work = model_of(context, foundation)
    if work is None:
        return foundation, None
    edits = (*foundation.engine_delta.edits, *libraries(foundation.engine_delta, work.built))
    return replace(foundation, engine_delta=EnvironmentDelta(edits)), work


def beside(
    context: Context,
    foundation: Foundation,
    before: Generation | None,
    only: str | None,
) -> tuple[AdditionalModel, ...]:
    """The models beside the recipe's, which is installed. only: the one to build; None: all."""
    asked = foundation.environment.further
    if not asked:
        return ()
    _require_wheel(foundation)
    chosen = [one.name for one in asked] if only is None else [only]
    return additional_models(context, foundation, before, chosen)


def _require_wheel(foundation: Foundation) -> None:
    """StateError where NEURON is none whose own makefile is known to stand where a wheel has it."""
    home = neuron_home(foundation.installed)
    if not home.endswith("/.data"):
        name = foundation.environment.name
        raise StateError(
            f"the NEURON of {name} was built by Spack, where models are compiled by its recipes alone",
            fix="With NEURON from a wheel they can stand side by side: devenv create NAME"
            " --engine spack --wheels-as-externals. Or give each an environment of its own: devenv"
            " create NAME --variant …",
        )


def models_asked(
    context: Context, environment: Environment, request: BuildRequest
) -> tuple[Environment, str | None]:
    """The environment with the models that are asked for, and the one that is to be built; None: all.

    UsageError for a store of others: Spack has upstreams.
    """
    if request.stores:
        raise UsageError(
            f"{environment.name} uses the Spack engine, which ignores --store",
            fix="Name the other's spack/opt in a site file (upstreams): it is not compiled again.",
        )
    only, template = request.only, template_of(context, environment)
    if request.variants or request.called:
        environment, only = with_model_variants(
            environment, template, request.variants, request.called
        )
    _check_mods(environment, template)
    return with_own_mods(context, environment, template, request), only


def _check_mods(environment: Environment, template: Template) -> None:
    """UsageError where a further model is made of other folders than the one that Spack makes."""
    folders = (*template.model.mods, *template.model.hoc) if template.model else ()
    own = variants_of(environment, template)
    for one in environment.further:
        wanted = variants_of(environment, template, one.variants)
        other = next((f for f in folders if holds(f.when, wanted) != holds(f.when, own)), None)
        if other:
            raise UsageError(
                f"the model {one.name} has other MOD files ({other.when}) than the model of Spack",
                fix="Such a model has an environment of its own: devenv create NAME --variant …",
            )


def compilers_of(
    lock: SpackLock, model: ConcreteSpec, externals: Sequence[External]
) -> Mapping[str, str]:
    """CXX and CC of the compiler that Spack took for the model; none where that is not known."""
    nodes = [lock.nodes[hash_] for hash_ in model.needs if hash_ in lock.nodes]
    found = (
        one.compilers
        for node in nodes
        for one in externals
        if "cxx" in one.compilers and one.spec.startswith(f"{node.name}@{node.version}")
    )
    compilers = next(found, {})
    names = {"CXX": "cxx", "CC": "c"}
    return {name: compilers[word] for name, word in names.items() if word in compilers}

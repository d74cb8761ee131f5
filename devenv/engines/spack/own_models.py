"""Models that devenv itself compiles in a Spack environment: variants in addition to the recipe's model,
and the environment's model with the user's own MOD files first.

They are made by the same steps as in the venv engine, from the recipe's MOD files, with the NEURON of
the environment and the compiler that Spack used, and are kept in the model store.
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
    """The foundation, and the build of the environment's model with its own MOD files. None if the
    environment uses the recipe's model.

    The returned foundation has the library of the own model wherever a recipe set that of its model.
    """
    if not foundation.environment.mods:
        return foundation, None
    _require_wheel(foundation)
    work = model_of(context, foundation)
    if work is None:
        return foundation, None
    edits = (*foundation.engine_delta.edits, *libraries(foundation.engine_delta, work.built))
    return replace(foundation, engine_delta=EnvironmentDelta(edits)), work


def further_models(
    context: Context,
    foundation: Foundation,
    before: Generation | None,
    only: str | None,
) -> tuple[AdditionalModel, ...]:
    """The models in addition to the recipe's, which is installed. only: the one to build; None: all."""
    requested = foundation.environment.further
    if not requested:
        return ()
    _require_wheel(foundation)
    names = [one.name for one in requested] if only is None else [only]
    return additional_models(context, foundation, before, names)


def _require_wheel(foundation: Foundation) -> None:
    """StateError if NEURON is not from a wheel, whose makefile is at a known path."""
    home = neuron_home(foundation.installed)
    if not home.endswith("/.data"):
        name = foundation.environment.name
        raise StateError(
            f"the NEURON of {name} was built by Spack, where models are compiled by its recipes alone",
            fix="With NEURON from a wheel they can stand side by side: devenv create NAME"
            " --engine spack --wheels-as-externals. Or give each an environment of its own: devenv"
            " create NAME --variant …",
        )


def with_requested_models(
    context: Context, environment: Environment, request: BuildRequest
) -> tuple[Environment, str | None]:
    """The environment with the requested models, and the name of the one to build; None: all.

    UsageError for --store: Spack has upstreams instead.
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
    """UsageError if an additional model has other MOD folders than Spack's model."""
    folders = (*template.model.mods, *template.model.hoc) if template.model else ()
    own = variants_of(environment, template)
    for one in environment.further:
        variants = variants_of(environment, template, one.variants)
        other = next((f for f in folders if holds(f.when, variants) != holds(f.when, own)), None)
        if other:
            raise UsageError(
                f"the model {one.name} has other MOD files ({other.when}) than the model of Spack",
                fix="Such a model has an environment of its own: devenv create NAME --variant …",
            )


def compilers_of(
    lock: SpackLock, model: ConcreteSpec, externals: Sequence[External]
) -> Mapping[str, str]:
    """CXX and CC of the compiler that Spack used for the model; empty if it is not known."""
    nodes = [lock.nodes[hash_] for hash_ in model.needs if hash_ in lock.nodes]
    candidates = (
        one.compilers
        for node in nodes
        for one in externals
        if "cxx" in one.compilers and one.spec.startswith(f"{node.name}@{node.version}")
    )
    compilers = next(candidates, {})
    names = {"CXX": "cxx", "CC": "c"}
    return {name: compilers[word] for name, word in names.items() if word in compilers}

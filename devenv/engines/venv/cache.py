"""Shares NEURON and models in a directory: a store like $DEVENV_HOME, which other users only read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.layout import Layout
from devenv.core.quantity import megabytes, quantity
from devenv.core.result import Result, Table
from devenv.engines.venv.foundation import foundation_of
from devenv.environment.build_request import BuildRequest
from devenv.environment.foundation import Foundation, model_of, with_variants
from devenv.environment.handle import Env
from devenv.models.listing import StoredModel, models_of
from devenv.models.make import ModelWork, build_model
from devenv.store.changing import using_store
from devenv.store.push import in_store, push


class VenvCache:
    """The build cache of the venv engine; see `devenv.engines.protocol.BuildCache`.

    The library of a model contains the path of its NEURON. So NEURON and the compiled mechanisms are
    copied into the store, and the models are linked there again, with the copied NEURON.
    """

    def push(self, env: Env, address: str) -> Result:
        context, store = env.context, _folder(env.context, address)
        shared = in_store(context, store)
        with using_store(context):
            foundation = foundation_of(context, env.request, env.lock, fetch=False)
            foundation = _with_neuron_of(shared, context.layout, foundation)
            names = [_push(shared, context.layout, work) for work in _works(shared, foundation)]
        use = f"To use it: devenv build --store {shlex.quote(str(store))}"
        line = f"{env.name}: NEURON and {quantity(names, 'model')} are in {store}."
        data = {"pushed": names, "left_out": ["packages", "overlays"]}
        return Result((line, use), data=data)

    def build_from(self, env: Env, address: str) -> BuildRequest:
        return BuildRequest(stores=(str(_folder(env.context, address)),))

    def list_cache(self, env: Env, address: str) -> Result:
        found = models_of(Layout(_folder(env.context, address)))
        if not found:
            return Result((f"There is no model in {address}.",), data={"packages": []})
        header, rows = ("MODEL", "SIZE", "MECHANISMS", "NEURON"), tuple(map(_row, found))
        return Result(table=Table(header, rows), data={"packages": [row[0] for row in rows]})


def _folder(context: Context, address: str) -> Path:
    """The directory of the store. UsageError if the address is a URL."""
    if "://" in address:
        raise UsageError(
            f"{address} is not a directory, and NEURON and models are read in place",
            fix="Name a directory that others can read.",
        )
    return (context.cwd / address).resolve()


def _with_neuron_of(shared: Context, own: Layout, foundation: Foundation) -> Foundation:
    """The foundation with the NEURON copied into the store. UsageError if it is a dev source."""
    installed, environment = foundation.installed, replace(foundation.environment, stores=())
    if installed.developed:
        raise UsageError(
            f"the NEURON of {environment.name} is a dev source, which stays with its clone",
            fix="Push an environment with a released NEURON, or its wheel: devenv wheel build",
        )
    if foundation.own_neuron and installed.neuron.is_relative_to(own.home):
        then = "the models are linked with it"
        neuron = push(shared, own, "neuron", installed.neuron, then)
        installed = replace(installed, neuron=neuron)
    return replace(foundation, environment=environment, installed=installed)


def _works(shared: Context, foundation: Foundation) -> Iterator[ModelWork]:
    variants = ("", *(model.variants for model in foundation.environment.further))
    works = (model_of(shared, with_variants(foundation, one)) for one in variants)
    yield from (work for work in works if work)


def _push(shared: Context, own: Layout, work: ModelWork) -> str:
    """Copy our objects of a model, and build the model from them. Returns its key."""
    build = work.build
    for place in map(Path, build.stored):
        path = own.home / place.relative_to(shared.layout.home)
        if str(place) != build.path and path.is_dir():
            push(shared, own, "objects", path)
    build_model(shared, build, work.mods, shared.layout.home / "log")
    return build.key


def _row(model: StoredModel) -> tuple[str, ...]:
    size = megabytes(model.size)
    return model.key[:12], size, str(len(model.mechanisms)), model.neuron

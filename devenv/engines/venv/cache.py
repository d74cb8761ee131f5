"""NEURON and models in a directory for others: a store like $DEVENV_HOME, which they only read."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.layout import Layout
from devenv.core.quantity import quantity
from devenv.core.result import Result, Table
from devenv.engines.venv.foundation import foundation_of
from devenv.environment.build_request import BuildRequest
from devenv.environment.foundation import Foundation, model_of, with_variants
from devenv.environment.handle import Env
from devenv.models.listing import StoredModel, models_of
from devenv.models.make import ModelWork, build_model
from devenv.store.changing import using_store
from devenv.store.push import in_store, push
from devenv.system.files import folder_size


class VenvCache:
    """The build cache of the venv engine; see `devenv.engines.protocol.BuildCache`.

    A library of a model names its NEURON by its path. So NEURON and the compiled mechanisms are copied,
    and the models are linked in the store, with the NEURON there.
    """

    def push(self, env: Env, address: str) -> Result:
        context, store = env.context, _folder(env.context, address)
        there = in_store(context, store)
        with using_store(context):
            foundation = foundation_of(context, env.request, env.lock, fetch=False)
            foundation = _with_neuron_of(there, context.layout, foundation)
            names = [_push(there, context.layout, work) for work in _works(there, foundation)]
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
    """UsageError for an address that is not a directory's."""
    if "://" in address:
        raise UsageError(
            f"{address} is not a directory, and NEURON and models are read in place",
            fix="Name a directory that others can read.",
        )
    return (context.cwd / address).resolve()


def _with_neuron_of(there: Context, own: Layout, foundation: Foundation) -> Foundation:
    """The foundation with the NEURON in the store. UsageError for one that is a dev source."""
    installed, environment = foundation.installed, replace(foundation.environment, stores=())
    if installed.developed:
        raise UsageError(
            f"the NEURON of {environment.name} is a dev source, which stays with its clone",
            fix="Push an environment with a released NEURON, or its wheel: devenv wheel build",
        )
    if foundation.own_neuron and installed.neuron.is_relative_to(own.home):
        then = "the models are linked with it"
        neuron = push(there, own, "neuron", installed.neuron, then)
        installed = replace(installed, neuron=neuron)
    return replace(foundation, environment=environment, installed=installed)


def _works(there: Context, foundation: Foundation) -> Iterator[ModelWork]:
    variants = ("", *(model.variants for model in foundation.environment.further))
    works = (model_of(there, with_variants(foundation, one)) for one in variants)
    yield from (work for work in works if work)


def _push(there: Context, own: Layout, work: ModelWork) -> str:
    """Copy the objects that we have, and make the model of them. Its key."""
    build = work.build
    for place in map(Path, build.stored):
        path = own.home / place.relative_to(there.layout.home)
        if str(place) != build.path and path.is_dir():
            push(there, own, "objects", path)
    build_model(there, build, work.mods, there.layout.home / "log")
    return build.key


def _row(model: StoredModel) -> tuple[str, ...]:
    stamp = model.stamp
    size = f"{folder_size(model.path) / 1e6:.1f} MB"
    return model.key[:12], size, str(len(stamp["mechanisms"])), stamp["neuron"]["version"]

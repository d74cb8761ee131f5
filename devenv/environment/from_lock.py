"""An environment made again from the lock of another, here or on another machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devenv.config.catalogue import load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Lock, SourceState
from devenv.core.errors import StateError
from devenv.core.template import Package, Template
from devenv.environment.foundation import template_of, with_dev_sources
from devenv.environment.recorded import file_states
from devenv.sources.acquire import Acquired, cloned, released
from devenv.sources.address import Address, is_remote, parse_address


def request_from_lock(context: Context, name: str, lock: Lock) -> Environment:
    """The Environment `name` as requested for the lock, with its Python and its models exactly."""
    environment = replace(lock.environment, name=name, python=f"=={lock.python}")
    template = template_of(context, environment)
    return replace(environment, models=_models(environment, template, lock))


def _models(environment: Environment, template: Template, lock: Lock) -> str:
    """What --models would be for the commit of the lock; empty where the template says it itself."""
    pin = template.model.repository if template.model else None
    was = environment.models
    if pin is None or not lock.repository or (was and not is_remote(was)):
        return was
    address = parse_address(was) if was else Address(pin.url, pin.ref)
    url = address.url or load_catalogue()[pin.package].git
    return was if address.ref == lock.repository else f"{url}@{lock.repository}"


def sources_from_lock(
    context: Context, environment: Environment, lock: Lock
) -> tuple[Environment, tuple[str, ...]]:
    """The environment with its dev sources at the commits of the lock, as clones of its own.

    Notes on what cannot be the same. StateError where a source is neither here nor in a repository.
    """
    catalogue = with_dev_sources(load_catalogue(), environment.develop)
    found: list[DevSource] = []
    notes = list(_changed_files(context, environment, lock))
    for was in environment.develop:
        state = next(s for s in lock.sources if s.package == was.package)
        source, more = _source_again(context, environment, catalogue[was.package], was, state, lock)
        found.append(replace(source, kind=was.kind))  # the catalogue knows only its own
        notes += more
        if state.commit and not state.clean:
            notes.append(f"note: {was.package} had changes that its commit does not hold")
    return replace(environment, develop=tuple(found)), tuple(notes)


def _changed_files(context: Context, environment: Environment, lock: Lock) -> Iterator[str]:
    """Notes on the template and on the user's own MOD files, where they are not as the lock saw them."""
    now = {*file_states(context, environment)}
    for one in lock.files:
        if one not in now:
            title = f"the template {one.path}" if one.path == environment.template else one.path
            yield f"note: {title} is used as it is now: it has changed since the lock was written"


def _source_again(
    context: Context,
    environment: Environment,
    package: Package,
    was: DevSource,
    state: SourceState,
    lock: Lock,
) -> Acquired:
    path = context.layout.source(environment.name, package.name)
    how, _, version = was.origin.partition(" ")
    if path.exists():
        raise StateError(f"{path} exists already, and is yours", fix="Move it away first.")
    if state.commit and state.url:
        address = Address(state.url, state.commit)
        return cloned(context, lock, package, path, address, or_release=False)
    if how == "release":
        return released(context, lock, package, path, version)
    if Path(was.path).is_dir():
        return was, (f"note: {was.path} is used as it is now: it is in no repository to clone",)
    raise StateError(
        f"the dev source of {package.name} was {was.path}, which does not exist here and has no"
        " repository",
        fix="Put a copy of it there, or make the environment without the lock.",
    )

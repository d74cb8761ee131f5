"""Copies a product into the store of others, which they read as any store (the setting `stores`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import Layout
from devenv.core.plan import Relocate, Step
from devenv.core.product import INPUTS, Product
from devenv.store.realise import realise, recorded_inputs
from devenv.system import seals


def in_store(context: Context, store: Path) -> Context:
    """The context of a command that makes things in `store` in place of our own. UsageError: it is."""
    if store == context.layout.home:
        raise UsageError(f"{store} is your own $DEVENV_HOME", fix="Name another directory.")
    return replace(context, settings=replace(context.settings, home=store, stores=()))


def push(target: Context, own: Layout, kind: str, path: Path, then: str = "") -> Path:
    """Copy a product of our own store, of `kind` and at `path`; its place. then: as `realise` has it.

    target: the context of the other store (`in_store`). StateError for a damaged product, by every hash.
    """
    name = path.relative_to(own.home / kind).as_posix()
    place = target.layout.product(kind, name)
    if not place.is_dir() and (damages := seals.damages(path)):
        raise StateError(
            f"{path} is damaged: {damages[0].path} {damages[0].what}",
            fix="Rebuild it: devenv build --force",
        )

    def steps(staging: str) -> tuple[Step, ...]:
        return (Relocate(str(path), staging, str(place), (seals.SEAL, INPUTS)),)

    inputs, marks = recorded_inputs(path) or (), seals.marks(path)
    return realise(
        target, Product(kind, name, f"the copy of {path}", inputs, steps, marks), then=then
    )

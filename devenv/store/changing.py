"""The right to change an environment or Spack, and with it to make things in the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from devenv.config.context import Context
from devenv.system.leases import sharing
from devenv.system.locks import locked


@contextmanager
def changing(context: Context, name: str) -> Iterator[None]:
    """Within the block nobody else changes the environment, and nothing of the store is pruned.

    A dry run changes nothing, and waits for nobody.
    """
    if context.dry is not None:
        yield
        return
    layout = context.layout
    with sharing(layout.store_lock), locked(layout.lock(f"env-{name}"), f"environment {name}"):
        yield


@contextmanager
def alone(context: Context, name: str, what: str) -> Iterator[None]:
    """Within the block nobody else holds the lock `name`, of `what`. A dry run waits for nobody."""
    if context.dry is not None:
        yield
        return
    with locked(context.layout.lock(name), what):
        yield


@contextmanager
def using_store(context: Context) -> Iterator[None]:
    """Within the block nothing of the store is pruned. A dry run waits for nobody."""
    if context.dry is not None:
        yield
        return
    with sharing(context.layout.store_lock):
        yield


@contextmanager
def setting_up(context: Context) -> Iterator[None]:
    """Within the block nobody else sets Spack up, and nothing of the store is pruned.

    A dry run waits for nobody.
    """
    if context.dry is not None:
        yield
        return
    with sharing(context.layout.store_lock), locked(context.layout.lock("spack"), "Spack"):
        yield


def project_lock(name: str) -> str:
    """The name of the lock that `editing` holds."""
    return f"project-{name}"


@contextmanager
def editing(context: Context, name: str) -> Iterator[None]:
    """Within the block no other command edits the files of the project whose environment is `name`.

    A dry run waits for nobody.
    """
    with using_store(context), alone(context, project_lock(name), f"the project of {name}"):
        yield

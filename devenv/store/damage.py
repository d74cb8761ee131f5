"""Entries of the stores that are not as they were made."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from devenv.config.context import Context
from devenv.system import seals

STORES = ("neuron", "venvs", "models", "overlays")


def is_sound(path: Path) -> bool:
    """Whether an entry of a store is there, and at a glance as it was made."""
    return path.is_dir() and not seals.unmarked(path)


def discard_damaged(context: Context, paths: Iterable[str]) -> None:
    """Remove what is damaged of these entries of our own stores, before a model is made of them."""
    from devenv.system import files

    own = [Path(path) for path in paths if Path(path).is_relative_to(context.layout.home)]
    for path in own:
        if path.is_dir() and seals.damages(path):
            context.say(f"rebuilding what is damaged: {path}")
            files.remove(path)

"""The data of a template or project: fetched once, shared, and never changed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UnreachableError, UsageError
from devenv.core.plan import Run
from devenv.core.product import Input, Product
from devenv.core.template import Data, Pin
from devenv.sources.address import without_secret
from devenv.sources.folders import pinned, pinned_clone
from devenv.store.realise import realise
from devenv.system import fetch, git, seals

KIND = "data"


@dataclass(frozen=True)
class Placed:
    """An entry of `data`. path: where it is, or will be. state: as `data list` shows it."""

    name: str
    source: str
    path: Path
    state: str


def look(context: Context, name: str, data: Data, beside: Path) -> Placed:
    """The place and the state of an entry; fetches nothing.

    beside: the folder that a relative `folder` is relative to.
    """
    if data.folder:
        path = (beside / data.folder).resolve()
        return Placed(name, data.folder, path, "there" if path.is_dir() else "missing")
    product = _product(name, data)
    path = context.layout.product(product.kind, product.name)
    source = f"{without_secret(data.git)}@{data.ref}" if data.git else without_secret(data.url)
    return Placed(name, source, path, _state(path, data) if path.is_dir() else "not fetched")


def _state(path: Path, data: Data) -> str:
    sound = git.state(path).clean if data.git else not seals.damages(path)
    return "fetched" if sound else "changed"


def fetched(context: Context, name: str, data: Data, beside: Path) -> Path:
    """The folder with the data, downloaded unless it exists; again if the archive has changed.

    UsageError for a folder that is not there, UnreachableError for what is not available.
    """
    if data.folder:
        placed = look(context, name, data, beside)
        if placed.state == "missing":
            raise UsageError(f"data {name}: {placed.path} is not a directory", fix="Correct it.")
        return placed.path
    if data.git:
        one = pinned(context, Pin(name, data.ref, data.git), data.git)
        if one.missing:
            raise UnreachableError(f"data {name}: {one.missing}", fix="Check its git and ref.")
        if not git.state(Path(one.path)).clean:
            raise StateError(f"data {name}: {one.path} was changed", fix="Remove that folder.")
        return Path(one.path)
    product = _product(name, data)
    place = context.layout.product(product.kind, product.name)
    return realise(replace(context, suspects=frozenset([place])), product)


def _product(name: str, data: Data) -> Product:
    if data.git:
        return pinned_clone(Pin(name, data.ref, data.git), data.git)
    script = str(Path(fetch.__file__).resolve())
    argv = (sys.executable, "-I", script, data.url, data.sha256)
    return Product(
        KIND,
        f"{name}@{data.sha256.lower()}",
        f"the data {name}",
        (Input("archive", (data.sha256.lower(),), without_secret(data.url)),),
        lambda staging: (Run((*argv, staging), title=f"fetch {name}"),),
    )

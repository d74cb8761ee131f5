"""What stands in the store, and what refers to it, as the disk has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from devenv.core.layout import Layout
from devenv.store.sweep import Entry

KINDS = {
    "neuron": "*",
    "toolchains": "*",
    "headers": "*",
    "venvs": "*",
    "overlays": "*",
    "extensions": "*",
    "builders": "*",
    "building": "*",
    "models": "*",
    "objects": "*/*",
    "reports": "*",
    "sources/.pinned": "*",
    "sources/.commits": "*",
    "data": "*",
    "spack/recipes": "*",
    "spack/scopes": "*",
    "spack/closures": "*",
    "conda/cells": "*",
    "conda-envs": "*",
    "wheels/built": "*",
    "wheels/sources": "*",
    "wheels/work": "*",
}
"""Kind of product -> where its entries stand below the kind's folder."""

STORES = ("neuron", "venvs", "conda-envs", "models", "overlays", "extensions")
"""The kinds that an environment runs with: each use looks at them."""

_RECORDS = ("model.json", "overlay.json", "configured", "*.yaml", "lib/python*/site-packages/*.pth")
"""In an entry: the files that name the entries that it refers to."""

DATA_RECORD = "data"
"""In the folder of an environment: the paths of the data that was fetched for it, a line each."""

_ROOTS = (
    DATA_RECORD,
    "generations/*/environment.json",
    "generations/*/lock.json",
    "generations/*/spack.*",
    "spack/*/*.json",
    "spack/*/spack.*",
    "tox/*/bin/special",
    "tox/*/*/bin/special",
)
"""In the folder of an environment: the files that name what it uses."""


def entries(layout: Layout, kinds: Collection[str] = tuple(KINDS)) -> list[Entry]:
    """The whole entries of these kinds."""
    return [
        Entry(kind, path.name.rpartition("@")[2], path, _text(path, _RECORDS))
        for kind in kinds
        for path in sorted((layout.home / kind).glob(KINDS[kind]))
        if path.is_dir() and not is_staging(path)
    ]


def leftovers(layout: Layout) -> Iterator[Path]:
    """What killed processes left of products, environments and generations that they were making."""
    for kind, pattern in KINDS.items():
        yield from (p for p in sorted((layout.home / kind).glob(pattern)) if is_staging(p))
    yield from sorted((layout.home / "tmp").glob("*"))
    for folder in sorted(layout.envs.glob("*/")):
        current = folder / "current"
        if not current.is_symlink():
            yield folder
            continue
        for generation in sorted(folder.glob("generations/*/")):
            whole = (generation / "environment.json").exists()
            if not whole and generation != current.resolve():
                yield generation


FAILED = "failed-"
"""How the log of an environment begins that could not be created."""


def traces(layout: Layout, kept: Collection[Entry]) -> Iterator[Path]:
    """The logs of how anything but `kept` was made, and of environments that could not be created."""
    for log in sorted((layout.home / "log").glob("*")):
        known = log.is_file() and not log.name.startswith(FAILED)
        if log != layout.durations and not (known and any(one.key in log.name for one in kept)):
            yield log


def is_staging(path: Path) -> bool:
    """Whether `path` is named as a staging folder is; nobody refers to one."""
    return path.name.startswith((".", "devenv-")) or ".staging" in path.name


def roots(layout: Layout, gone: Collection[Path] = ()) -> dict[str, str]:
    """Who uses what: an environment's generation, or a job, by its name -> the text of its files.

    gone: folders of generations that are about to be removed, and do not count.
    """
    found: dict[str, list[str]] = {}
    for folder in sorted(layout.envs.glob("*/")):
        for pattern in _ROOTS:
            for path in sorted(folder.glob(pattern)):
                if not any(one in path.parents for one in gone):
                    found.setdefault(_user(folder, path), []).append(_read(path))
    spack = layout.spack / "spack.json"
    if spack.exists():
        found["Spack"] = [_read(spack)]
    return {user: "\n".join(texts) for user, texts in found.items()}


def _user(folder: Path, path: Path) -> str:
    """For people: ``neocortex``, or ``neocortex (generation 3)`` for one that is not current."""
    kind, which = (*path.relative_to(folder).parts, "")[:2]
    if kind == "tox":
        return f"{folder.name} (test {which})"
    if kind == "generations" and path.parent != (folder / "current").resolve():
        return f"{folder.name} (generation {which})"
    return folder.name


def _text(folder: Path, patterns: Collection[str]) -> str:
    return "\n".join(_read(path) for name in patterns for path in folder.glob(name))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

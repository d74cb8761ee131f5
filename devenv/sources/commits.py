"""Checks out one commit of a dev source in a separate work tree, so that the clone is not changed.

sources/.commits/<package>@<key>/   a work tree that shares the objects of the clone
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource
from devenv.core.errors import UsageError
from devenv.core.plan import Clone, MakeFolder, RemovePath, Run, Step, Write
from devenv.core.product import INPUTS, Input, Product, key_of
from devenv.store.realise import realise
from devenv.system import git
from devenv.system.git_commit import Checkout, find_commit, parts_of
from devenv.system.repository import environment

KIND = "sources/.commits"

_TIME = "200001010000"
"""The time of all files: a build goes by contents where a time is not later than the last one."""


def commit_of(source: DevSource, ref: str) -> str:
    """The hash of a commit. UsageError if the source is in no repository, or `ref` does not exist."""
    path = Path(source.path)
    if git.top_level(path) is None:
        raise UsageError(
            f"--ref {source.package}={ref}: {path} is not in a git repository",
            fix="Omit --ref, to run with its files as they are.",
        )
    if commit := find_commit(path, ref):
        return commit
    folder = shlex.quote(source.path)
    raise UsageError(
        f"--ref {source.package}={ref}: {path} has no such commit",
        fix=f"See: git -C {folder} log --oneline; for newer ones: git -C {folder} fetch",
    )


def at_commit(context: Context, source: DevSource, commit: str) -> DevSource:
    """The source at a commit. UnreachableError for a submodule that cannot be fetched."""
    path = Path(source.path)
    top = git.top_level(path) or path
    product = commit_product(source.package, parts_of(top, commit))
    place = realise(
        context,
        product,
        environ=lambda: environment(context.environ),
        then=f"{source.package} is built from it, and what depends on it",
    )
    inside = path.resolve().relative_to(top)
    origin = f"commit {commit} of {source.path}"
    return replace(source, path=str(place / inside), origin=origin, clone=source.path)


def commit_product(package: str, parts: Sequence[Checkout]) -> Product:
    """The work tree as a product. It is not sealed: git itself can tell what changed in it."""
    inputs = (
        Input("repository", (parts[0].folder,)),
        Input("commit", (parts[0].commit,)),
        Input("submodules", tuple(f"{one.path}={one.commit}" for one in parts[1:])),
    )
    return Product(
        KIND,
        f"{package}@{key_of(inputs)[:20]}",
        f"{package} at {parts[0].commit[:12]}",
        inputs,
        lambda staging: (*_checked_out(parts, staging), _aged(staging)),
        marks=None,
        record=f".git/{INPUTS}",
    )


def _checked_out(parts: Sequence[Checkout], staging: str) -> Iterator[Step]:
    for part in parts:
        place = posixpath.join(staging, part.path) if part.path else staging
        if not part.folder:
            yield RemovePath(place)
            yield Clone(part.url, place, part.commit, depth=1, lenient=True)
            continue
        # As `git worktree` makes it (gitrepository-layout(5), "commondir"), but the clone does not know.
        own = posixpath.join(place, ".git")
        yield MakeFolder(own)
        yield Write(posixpath.join(own, "commondir"), f"{part.folder}\n")
        yield Write(posixpath.join(own, "HEAD"), f"{part.commit}\n")
        yield Run((*_READ_TREE, part.commit), cwd=place)


_READ_TREE = (
    "git",
    *("-c", "core.hooksPath=/dev/null", "-c", "core.sparseCheckout=false"),
    *("read-tree", "--reset", "-u", "--no-recurse-submodules"),
)


def _aged(staging: str) -> Step:
    files = ("-name", ".git", "-prune", "-o", "(", "-type", "f", "-o", "-type", "l", ")")
    return Run(("find", staging, *files, "-exec", "touch", "-h", "-t", _TIME, "{}", "+"))

"""devenv graph."""

from __future__ import annotations

from pathlib import Path

from devenv.core.plan import Plan, Write
from devenv.core.result import Result
from devenv.engines.spack.lockfile import tree
from devenv.engines.spack.picture import svg
from devenv.system.executor import execute
from devenv.workflows.context import Context, chosen
from devenv.workflows.history import spack_lock


def graph(context: Context, name: str | None, *, everything: bool, out: Path | None) -> Result:
    """The packages of an environment and what each needs, as text or as a picture.

    everything: with what is only there to build. out: the file for the picture.
    """
    lock = spack_lock(context, chosen(context, name))
    if out is None:
        return Result(tree(lock, everything))
    path = context.cwd / out
    execute(Plan("graph", (Write(str(path), svg(lock)),)), environ=context.environ)
    return Result((f"{path}: {len(lock.running())} packages",))

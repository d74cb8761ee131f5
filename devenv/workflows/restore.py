"""devenv restore."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import DevenvError, StateError
from devenv.core.names import checked_name, unknown
from devenv.core.plan import Plan, Rename
from devenv.core.result import Result, Table
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env, environment_names
from devenv.store.carry import carry_out, stop_dry_run
from devenv.store.changing import changing
from devenv.upkeep.build import build
from devenv.workflows.remove import kept_numbers


def list_trash(context: Context) -> Result:
    """What `devenv remove` kept, the newest of each name last."""
    kept = [
        context.layout.trash(folder.name) / str(number)
        for folder in sorted(context.layout.trash("").glob("*"))
        for number in kept_numbers(context, folder.name)
    ]
    rows = tuple((path.parent.name, _when(path), str(path)) for path in kept)
    keys = ("environment", "removed", "path")
    data = {"trash": [dict(zip(keys, row, strict=True)) for row in rows]}
    if not rows:
        return Result(("There is nothing in the trash.",), data=data)
    return Result(table=Table(("ENVIRONMENT", "REMOVED", "PATH"), rows), data=data)


def _when(path: Path) -> str:
    """When what can be made again was removed from it."""
    return f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}"


def restore(context: Context, name: str) -> Result:
    """Bring the environment `name` back as it was removed last, and build it.

    What was pruned since is made again. If that fails, the user's files are restored nevertheless, and
    the next build continues.
    """
    checked_name(name)
    if name in environment_names(context):
        raise StateError(f"{name!r} exists already", fix=f"Remove it first: devenv remove {name}")
    kept = _newest(context, name)
    with changing(context, name):
        back = Rename(str(kept), str(context.layout.env(name).root), staged=False)
        carry_out(context, Plan(f"restore {name}", (back,)))
        stop_dry_run(context, f"devenv build {name}")
    try:
        built = build(Env(context, name), BuildRequest())
    except DevenvError as error:
        back_again = f"The files of {name} are back. To go on: devenv build {name}"
        error.fix = "\n  ".join(filter(None, (error.fix, back_again)))
        raise
    data = {**built.data, "restored": name}
    return Result(
        (f"Restored {name}.", *built.lines), built.table, built.findings, data, built.code
    )


def _newest(context: Context, name: str) -> Path:
    kept = kept_numbers(context, name)
    if not kept:
        folders = sorted(context.layout.trash("").glob("*"))
        names = [path.name for path in folders if kept_numbers(context, path.name)]
        raise unknown("removed environment", name, names)
    return context.layout.trash(name) / str(kept[-1])

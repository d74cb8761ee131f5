"""A folder for each run of tests: two at once, or one that waits in a queue, share no file."""

from __future__ import annotations

import os
from pathlib import Path

from devenv.config.context import Context
from devenv.core.plan import Link, MakeFolder, Plan, RemovePath, Write
from devenv.store.carry import carry_out
from devenv.system.files import numbered_folder
from devenv.system.leases import hold, unheld

KEPT = 5
"""Runs of each profile whose folders stay, for people to look at."""
_MARK = "started"


def new_run(context: Context, environment: str, tests: str) -> Path:
    """A new folder for a run of `tests`, which nobody removes until this process has ended.

    The link `latest` beside it leads to it. Folders of older runs go, but for the last ones and those
    in use.
    """
    parent = context.layout.env(environment).root / "tox" / tests
    folder = numbered_folder(parent)
    steps = (
        MakeFolder(str(folder / "tmp")),
        Write(str(folder / _MARK), f"{os.getpid()}\n"),
        Link(str(parent / "latest"), folder.name),
    )
    carry_out(context, Plan("a run of tests", steps))
    hold(folder / _MARK)
    _remove_old(context, parent)
    return folder


def _remove_old(context: Context, parent: Path) -> None:
    # One without the mark is being made at this moment.
    marks = [path for path in parent.glob(f"*/{_MARK}") if path.parent.name.isdigit()]
    for mark in sorted(marks, key=lambda path: int(path.parent.name))[:-KEPT]:
        with unheld(mark) as free:
            if free:
                step = RemovePath(str(mark.parent))
                carry_out(context, Plan("an old run", (step,)))

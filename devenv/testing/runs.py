"""A separate folder for each run of tests, so that concurrent and queued runs share no files."""

from __future__ import annotations

import os
from pathlib import Path

from devenv.config.context import Context
from devenv.core.plan import Link, MakeFolder, Plan, RemovePath, Write
from devenv.store.carry import carry_out
from devenv.system.files import numbered_folder
from devenv.system.leases import hold, unheld

KEPT = 5
"""The number of runs of each profile whose folders are kept for inspection."""
_MARK = "started"


def new_run(context: Context, environment: str, tests: str) -> Path:
    """Make a folder for a run of `tests`. It is not removed before this process ends.

    The link `latest` next to it points to it. Folders of older runs are removed, except the last ones
    and those in use.
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
    # A folder without the mark is just being made.
    marks = [path for path in parent.glob(f"*/{_MARK}") if path.parent.name.isdigit()]
    for mark in sorted(marks, key=lambda path: int(path.parent.name))[:-KEPT]:
        with unheld(mark) as free:
            if free:
                step = RemovePath(str(mark.parent))
                carry_out(context, Plan("an old run", (step,)))

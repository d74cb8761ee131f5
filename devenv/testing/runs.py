"""A separate folder for each run of tests, so that concurrent and queued runs share no files."""

from __future__ import annotations

import os
from pathlib import Path

from devenv.config.context import Context
from devenv.core.plan import Link, MakeFolder, Plan, RemovePath, Write
from devenv.store.carry import carry_out
from devenv.system.files import next_number, numbered_folder
from devenv.system.leases import hold, unheld

KEPT = 5
"""The number of runs of each profile whose folders are kept for inspection."""
_MARK = "started"


def new_run(context: Context, environment: str, tests: str) -> Path:
    """Make a folder for a run of `tests`. It is not removed before this process ends.

    A dry run only names it. The link `latest` next to it points to it. Folders of older runs are
    removed, except the last ones and those in use.
    """
    parent = context.layout.env(environment).root / "tox" / tests
    dry = context.dry is not None
    folder = parent / str(next_number(parent)) if dry else numbered_folder(parent)
    steps = (
        MakeFolder(str(folder / "tmp")),
        Write(str(folder / _MARK), f"{os.getpid()}\n"),
        Link(str(parent / "latest"), folder.name),
    )
    carry_out(context, Plan("a run of tests", steps))
    hold(folder / _MARK)
    _remove_old(context, folder)
    return folder


def _remove_old(context: Context, newest: Path) -> None:
    # A folder without the mark is just being made.
    found = newest.parent.glob(f"*/{_MARK}")
    marks = {newest / _MARK, *(path for path in found if path.parent.name.isdigit())}
    for mark in sorted(marks, key=lambda path: int(path.parent.name))[:-KEPT]:
        with unheld(mark) as free:
            if free:
                step = RemovePath(str(mark.parent))
                carry_out(context, Plan("an old run", (step,)))

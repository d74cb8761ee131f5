"""Prints the log of a batch job, and follows it until the job ends."""

from __future__ import annotations

import glob
import sys
import time
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.job import Job
from devenv.core.launch import ALIVE, UNKNOWN, WAITING
from devenv.places.job_records import states_of
from devenv.system.os_errors import reporting

_PATIENCE = 3
"""So often in a row may a scheduler not answer while a log is followed."""


def print_log(context: Context, job: Job, task: str, *, follow: bool) -> bool:
    """Print a job's log: of an array, those of all tasks, or of `task`. follow: until the job ends.

    Returns whether there was a log. StateError if the scheduler stops answering.
    """
    offsets: dict[Path, int] = {}
    said, silent = "", 0
    while True:
        # Asked before the log is read: what is written until the end is read then.
        state = states_of(context, [job])[job.job] if follow else None
        if state and state.state in WAITING and state.reason != said:
            said = state.reason
            context.say(f"job {job.job} waits: {said}")
        _print_new(job.log_glob(task), offsets, headers=bool(job.array and not task))
        if state is None or state.state not in (*ALIVE, UNKNOWN):
            return bool(offsets)
        silent = silent + 1 if state.state == UNKNOWN else 0
        if silent == _PATIENCE:
            raise StateError(
                f"cannot find out whether job {job.job} is still running: {state.reason}",
                fix="The log was followed up to here; ask again later.",
            )
        time.sleep(1.0)


def _print_new(pattern: str, offsets: dict[Path, int], *, headers: bool) -> None:
    for path in _matching(pattern):
        first = path not in offsets
        with reporting(path), path.open("rb") as file:
            file.seek(offsets.get(path, 0))
            new = file.read()
            offsets[path] = file.tell()
        if headers and (first or new):
            print(f"==> {path.name} <==")
        sys.stdout.write(new.decode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def _matching(pattern: str) -> list[Path]:
    """In the order of the tasks: task 10 behind task 9."""
    found = map(Path, glob.glob(pattern))  # noqa: PTH207 - folders may have '['
    return sorted(found, key=lambda path: (len(path.name), path.name))

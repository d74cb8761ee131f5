"""devenv logs: what a job wrote, to its end where it is followed."""

from __future__ import annotations

import glob
import sys
import time
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.job import Job, find_job
from devenv.core.launch import ALIVE, UNKNOWN, WAITING
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.places.job_records import read_jobs, states_of
from devenv.system.os_errors import reporting

_PATIENCE = 3
"""So often in a row may a scheduler not answer while a log is followed."""


def logs(context: Context, job: str, *, follow: bool) -> Result:
    """Print a job's log: of an array, those of all tasks, or of one (ID_TASK). follow: until it ends."""
    number, _, task = job.partition("_")
    known = read_jobs(context)
    found = find_job(known, number)
    if found is None:
        raise unknown("job", job, [each.job for each in known], "devenv jobs")
    if task and not found.array:
        raise UsageError(
            f"job {number} is not an array: it has no task {task}", fix=f"devenv logs {number}"
        )
    printed = print_log(context, found, task, follow=follow)
    if not printed:
        state = states_of(context, [found])[found.job]
        yet = " yet" if state.state in (*ALIVE, UNKNOWN) else ""
        why = f" ({state.reason})" if state.reason else ""
        raise StateError(
            f"job {job} has no log{yet}, it is {state.state}{why}: {found.log_pattern}",
            fix="See its state: devenv jobs" if yet else "",
        )
    return Result()


def print_log(context: Context, job: Job, task: str, *, follow: bool) -> bool:
    """Print what there is, and where it is followed what comes; whether there was a log."""
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

"""devenv logs: what a job wrote, to its end where it is followed."""

from __future__ import annotations

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.job import find_job
from devenv.core.launch import ALIVE, UNKNOWN
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.places.job_records import read_jobs, states_of
from devenv.places.logs import print_log


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

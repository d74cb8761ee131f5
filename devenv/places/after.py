"""devenv submit --after: finds the jobs that a new one has to wait for."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.config.context import Context
from devenv.core.errors import PreconditionError
from devenv.core.job import find_job
from devenv.core.launch import ALIVE, UNKNOWN
from devenv.core.names import unknown
from devenv.places.job_records import read_jobs, states_of


def pending_jobs(context: Context, numbers: Sequence[str], scheduler: str) -> tuple[str, ...]:
    """The ids of those jobs that have not ended.

    A scheduler forgets jobs within minutes, and assumes that unknown jobs succeeded. So devenv checks:
    UsageError for a job without a record, PreconditionError for one that failed.
    """
    known = [job for job in read_jobs(context) if job.scheduler == scheduler] if numbers else []
    found = [find_job(known, number) for number in numbers]
    for number, job in zip(numbers, found, strict=True):
        if job is None:
            raise unknown("job", number, [each.job for each in known], "--after")
    jobs = [job for job in found if job is not None]
    states = states_of(context, jobs)
    for job in jobs:
        state = states[job.job]
        if state.state not in (*ALIVE, UNKNOWN, "COMPLETED"):
            raise PreconditionError(
                f"--after {job.job}: that job is {state.state}, and did not succeed as far as is known",
                fix="See: devenv jobs; omit --after, or resubmit that job.",
            )
    return tuple(dict.fromkeys(job.job for job in jobs if states[job.job].state != "COMPLETED"))

"""Batch jobs as they are shown to the user: one that was submitted, and the list of `devenv jobs`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict

from devenv.core.job import Job
from devenv.core.launch import ALIVE, JobState
from devenv.core.printable import printable
from devenv.core.result import Result, Table

SHOWN = 20
"""Jobs that are over are listed up to that many."""


def submitted_job(job: Job, state: JobState) -> Result:
    """A job that was just submitted, and where its log is."""
    why = f" ({state.reason})" if state.reason else ""
    where = f"environment {job.environment}, generation {job.generation}"
    lines = (f"job {job.job}: {state.state}{why}; {where}", f"log: {job.log_pattern}")
    return Result(lines, data={**asdict(job), "state": state.state})


def job_list(known: Sequence[tuple[Job, JobState]]) -> Result:
    """The jobs and their states, the oldest first; of those that are over the last `SHOWN`."""
    over = [job for job, state in known if state.state not in ALIVE][:-SHOWN]
    shown = [(job, state) for job, state in known if job not in over]
    rows = [
        (job.job, state.state, _detail(job, state), job.about, _short(job)) for job, state in shown
    ]
    header = ("JOB", "STATE", "", "ENVIRONMENT", "COMMAND")
    data = [{**asdict(j), **asdict(s), "log": j.log_pattern} for j, s in shown]
    return Result(table=Table(header, tuple(rows)), data={"jobs": data})


def _detail(job: Job, state: JobState) -> str:
    whose = f"of {job.owner}" if job.owner else ""
    waits = state.start and state.state == "PENDING"
    when = f"estimated start {state.start}" if waits else ""
    code = f"exit code {state.exit_code}" if state.exit_code is not None else ""
    return "; ".join(filter(None, (whose, code or state.reason, when)))


def _short(job: Job) -> str:
    text = printable(shlex.join(job.argv))  # a command may have line breaks
    return text if len(text) <= 50 else f"{text[:49]}…"

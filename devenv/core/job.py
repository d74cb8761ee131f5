"""A submitted batch job, as it is recorded."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devenv.core.launch import ALIVE, JobState

GONE = "GONE"
"""The state of a job that its scheduler does not know any more, and that left nothing."""

SIGNALLED = 128
"""An exit code from here on means a signal."""
FROM_OUTSIDE = frozenset({"CANCELLED", "TIMEOUT", "PREEMPTED", "DEADLINE", "OUT_OF_MEMORY"})
"""So ends a job by signals: the script may live to leave the exit code of what died before it."""

_MARK = re.compile(r"(%[0-9]*[A-Za-z%]|\^array_index\^)")
"""What a scheduler completes in the name of a log."""


@dataclass(frozen=True)
class Job:
    """job: the scheduler's id. environment, generation: the one that it runs in, whatever is built
    later; empty, and 0: it runs in none. subject: then what it does, in words.

    folder: holds its script, its record, its exit code and, where none was asked for, its log. log:
    with what the scheduler completes in it. submitted: UTC, ISO 8601. argv: empty where it is another
    user's, whose command is not ours to read. owner: that user; empty: it is ours.
    """

    job: str
    scheduler: str
    environment: str
    generation: int
    argv: tuple[str, ...]
    folder: str
    log: str
    workdir: str
    submitted: str
    array: str = ""
    owner: str = ""
    subject: str = ""

    @property
    def about(self) -> str:
        """What it is about, for people: ``ENVIRONMENT/GENERATION``, or its subject."""
        return f"{self.environment}/{self.generation}" if self.environment else self.subject

    @property
    def log_pattern(self) -> str:
        """The log's path for people; with '*' where tasks of an array differ."""
        return "".join(self._completed("*"))

    def log_glob(self, task: str = "") -> str:
        """The log's path as a glob; of an array, that of all of its tasks, or of one."""
        return "".join(part if part == "*" else glob.escape(part) for part in self._completed(task))

    def _completed(self, task: str) -> Iterator[str]:
        number = re.split(r"[.\[]", self.job, maxsplit=1)[0]
        index = task or "*"
        reported = {"%A": number, "%j": number, "%a": index, "%%": "%", "^array_index^": index}
        for part in _MARK.split(self.log):
            yield reported.get(part, "*") if _MARK.fullmatch(part) else part


def find_job(known: Sequence[Job], number: str) -> Job | None:
    """The job of a number, as people type it (``12`` for ``12[].server``); None: there is none.

    The newest: a cluster that was set up anew counts from 1 again.
    """
    return next((job for job in reversed(known) if _is(job, number)), None)


def _is(job: Job, number: str) -> bool:
    return number in (job.job, job.job.split(".")[0].removesuffix("[]"))


def job_state(job: Job, reported: JobState | None, code: int | None) -> JobState:
    """What became of a job. told: what the scheduler says; code: the exit code that its script left.

    One that a signal ended may be in the queue again: its node had died.
    """
    again = (
        code is not None and code >= SIGNALLED and reported is not None and reported.state in ALIVE
    )
    if code is not None and not again:
        outside = reported is not None and reported.state in FROM_OUTSIDE and code >= SIGNALLED
        plain = "COMPLETED" if code == 0 else "FAILED"
        return JobState(job.job, reported.state if reported and outside else plain, exit_code=code)
    return reported or JobState(job.job, GONE, "the scheduler does not know it any more")

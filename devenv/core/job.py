"""The record of a submitted batch job."""

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
    """A submitted job. job: the scheduler's id.

    environment, generation: where it runs, whatever is built later; empty and 0 if it uses no
    environment. subject: then what it does, in words. folder: contains its script, its record, its
    exit code and, unless another path was requested, its log. log: as given to the scheduler, with
    its placeholders (``%j``). submitted: UTC, ISO 8601. owner: the user, if it is not us. argv:
    empty for the job of another user, whose command is not ours to read.
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
        """The job's environment for people, ``ENVIRONMENT/GENERATION``; without one its subject."""
        return f"{self.environment}/{self.generation}" if self.environment else self.subject

    @property
    def log_pattern(self) -> str:
        """The log's path for people, with ``*`` where the tasks of an array differ."""
        return "".join(self._completed("*"))

    def log_glob(self, task: str = "") -> str:
        """The log's path as a glob. task: of an array; empty for all of its tasks."""
        return "".join(part if part == "*" else glob.escape(part) for part in self._completed(task))

    def _completed(self, task: str) -> Iterator[str]:
        number = re.split(r"[.\[]", self.job, maxsplit=1)[0]
        index = task or "*"
        reported = {"%A": number, "%j": number, "%a": index, "%%": "%", "^array_index^": index}
        for part in _MARK.split(self.log):
            yield reported.get(part, "*") if _MARK.fullmatch(part) else part


def find_job(known: Sequence[Job], number: str) -> Job | None:
    """The job with a number as people type it (``12`` for ``12[].server``); None if there is none.

    If several match, the newest: a cluster that was set up again counts from 1 again.
    """
    return next((job for job in reversed(known) if _is(job, number)), None)


def _is(job: Job, number: str) -> bool:
    return number in (job.job, job.job.split(".")[0].removesuffix("[]"))


def job_state(job: Job, reported: JobState | None, code: int | None) -> JobState:
    """The state of a job. code: the exit code that its script recorded; None if there is none yet.

    reported: by the scheduler; None if it does not know the job. The recorded exit code has
    precedence, unless a signal ended the job and the scheduler still reports it as alive: if a node
    dies, the job is queued again.
    """
    requeued = (
        code is not None and code >= SIGNALLED and reported is not None and reported.state in ALIVE
    )
    if code is not None and not requeued:
        outside = reported is not None and reported.state in FROM_OUTSIDE and code >= SIGNALLED
        plain = "COMPLETED" if code == 0 else "FAILED"
        return JobState(job.job, reported.state if reported and outside else plain, exit_code=code)
    return reported or JobState(job.job, GONE, "the scheduler does not know it any more")

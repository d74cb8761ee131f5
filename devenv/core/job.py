"""A batch job that was handed in, as it is recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devenv.core.launch import JobState


@dataclass(frozen=True)
class Job:
    """job: the scheduler's id. generation: the one it runs in, whatever is built later.

    folder: holds its script, its record, its exit code and, where none was asked for, its log. log:
    with what the scheduler completes in it. submitted: UTC, ISO 8601.
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

    @property
    def log_pattern(self) -> str:
        """The log's path as a glob; of an array, that of all of its tasks."""
        number = re.split(r"[.\[]", self.job, maxsplit=1)[0]
        plain = re.sub(r"([*?[])", r"[\1]", self.log)
        told = {"%A": number, "%j": number, "%a": "*", "^array_index^": "*"}
        for mark, value in told.items():
            plain = plain.replace(mark, value)
        return plain


def judged(job: Job, told: JobState | None, code: int | None) -> JobState:
    """What became of a job. told: what the scheduler says; code: the exit code that its script left."""
    if code is not None:
        return JobState(job.job, "COMPLETED" if code == 0 else "FAILED", exit_code=code)
    return told or JobState(job.job, "GONE", "the scheduler does not know it any more")

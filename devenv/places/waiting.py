"""Waits for Slurm: rejects requests that can never start, explains the wait, and limits it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.errors import DevenvError, PreconditionError, StateError
from devenv.core.launch import WAITING, JobState, LaunchRequest
from devenv.places import HostFacts, slurm_queue
from devenv.places.handed_on import of_slurm
from devenv.system import process

_LOOKS = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between queries of the queue; the last one repeats, to spare a busy controller."""
_CHANGING = ("SCANCEL_", "SINFO_", "SQUEUE_", "SLURM_TIME_FORMAT")
"""Prefixes of variables with a user's defaults that change the output or the effect of the commands."""
_PATIENCE = ("timeout", "20")
"""Slurm's commands themselves retry for a minute if no controller answers."""


def marked(request: LaunchRequest) -> LaunchRequest:
    """The request with a comment that identifies its job, after a comment of the user, if any."""
    option, asked = "--comment=", request.resources
    own = [word.removeprefix(option) for word in asked.extra if word.startswith(option)]
    extra = tuple(word for word in asked.extra if not word.startswith(option))
    mark = " ".join([*own, f"devenv-{os.getpid()}-{time.time_ns():x}"])
    return replace(request, resources=replace(asked, comment=mark, extra=extra))


def marked_job(request: LaunchRequest, scheduler: str, environ: Mapping[str, str]) -> str:
    """The id of the job of a `marked` request; empty if there is none, or it cannot be found."""
    if scheduler != "slurm":
        return ""
    done = ask(slurm_queue.watching(), environ)
    job = slurm_queue.found_by(done.stdout, request.resources.comment)
    return job.job if job else ""


def ask(argv: tuple[str, ...], environ: Mapping[str, str]) -> process.Completed:
    """Run one of the scheduler's commands; StateError if the scheduler does not answer."""
    with _asked(argv, environ) as answer:
        return _answered(argv, answer())


def _asked(
    argv: tuple[str, ...], environ: Mapping[str, str]
) -> AbstractContextManager[Callable[[], process.Completed]]:
    plain = {k: v for k, v in environ.items() if not k.startswith(_CHANGING)}
    return process.beside((*_PATIENCE, *argv), environ=plain)


def _answered(argv: tuple[str, ...], done: process.Completed) -> process.Completed:
    if done.returncode == 124 or "Unable to contact slurm controller" in done.stderr:
        raise StateError(
            f"the scheduler does not answer: {argv[0]} timed out",
            fix="Ask again later, or run here: devenv run --launcher mpi",
        )
    return done


def stale_job(facts: HostFacts, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """(what, fix) if SLURM_JOB_ID names a job that has ended, with which srun would fail; else None.

    This happens in a shell that outlived its salloc, or that inherited the variables of a job.
    """
    job = environ.get("SLURM_JOB_ID", "")
    if facts.scheduler != "slurm" or facts.step or not job:
        return None
    try:
        done = ask(slurm_queue.state_of(job), environ)
    except StateError:  # a later query reports it
        return None
    if not slurm_queue.over(done.stdout, done.stderr):
        return None
    what = f"SLURM_JOB_ID={job} is set, but that job is over"
    return what, f"Remove what that job left in this shell: unset {' '.join(of_slurm(environ))}"


def trial_beside(
    request: LaunchRequest, environ: Mapping[str, str]
) -> AbstractContextManager[Callable[[], process.Completed]]:
    """Query Slurm as `refuse_hopeless` does, in parallel with the block. Pass the answer on to that."""
    return _asked(slurm_queue.trial(request), environ)


def refuse_hopeless(
    request: LaunchRequest,
    environ: Mapping[str, str],
    *,
    later: bool = False,
    said: process.Completed | None = None,
) -> str:
    """The estimated start; PreconditionError if Slurm reports that the request can never start.

    Slurm also reports that while nodes are out of service. later: whether to wait for those, as a batch
    job may; if it can never start even then, sbatch or its pending reason shows that. said: the answer,
    if Slurm was asked already.
    """
    trial = slurm_queue.trial(request)
    done = _answered(trial, said) if said else ask(trial, environ)
    words = done.stderr + done.stdout
    if done.returncode:
        present = ask(slurm_queue.inventory(), environ).stdout
        out = slurm_queue.out_of_service(present, request.resources.partition)
        if out and later:
            return ""
        why = slurm_queue.refusal(words) or f"exit code {done.returncode}"
        raise hopeless(f"{out}: {why}" if out else why, request, environ)
    return slurm_queue.estimate(words)


def hopeless(
    why: str, request: LaunchRequest, environ: Mapping[str, str], scheduler: str = "slurm"
) -> PreconditionError:
    """The error for a request that can never start, with the available resources."""
    resources = replace(request.resources, comment="")
    asked = f"-n {slurm_queue.tasks(request)} {' '.join(slurm_queue.options(resources))}".strip()
    if scheduler != "slurm":
        fix = "Ask for less; where a default came from: devenv config show"
        return PreconditionError(f"{scheduler.upper()} cannot start this: {why}", fix=fix)
    done = ask(slurm_queue.inventory(), environ)
    present = "\n    ".join(slurm_queue.shown(done.stdout))
    return PreconditionError(
        f"Slurm cannot start this ({asked}): {why}",
        fix="What there is (partition, limit, nodes, CPUs a node, features, states):\n"
        f"    {present}\n"
        "  Where a default came from: devenv config show",
    )


class QueueWatch:
    """Called while srun or salloc waits for its job to start. Reports the reason and expected start."""

    def __init__(
        self,
        context: Context,
        request: LaunchRequest,
        environ: Mapping[str, str],
        max_wait: int | None,
        estimate: str = "",
    ) -> None:
        self._context, self._request, self._environ = context, request, environ
        self._max_wait, self._estimate = max_wait, estimate
        self._started = time.monotonic()
        self._looks, self._seen = 0, False
        self._told = ""

    def __call__(self) -> float:
        """Seconds until the next call; 0 if the job runs. Cancels the job before it raises an error."""
        job = self._find()
        self._seen = self._seen or job is not None
        if job is None:
            # A busy controller may not list the job yet. If it was listed before, it has ended.
            return 0.0 if self._seen else _LOOKS[-2]
        if job.state not in WAITING:
            return 0.0
        if slurm_queue.never(job.reason):
            self.cancel(job)
            raise hopeless(job.reason, self._request, self._environ)
        self._tell(job)
        waited = time.monotonic() - self._started
        if self._max_wait is not None and waited >= self._max_wait:
            self.cancel(job)
            raise StateError(
                f"job {job.job} did not start within {self._max_wait} s: {job.reason or job.state}",
                fix="It was cancelled. Wait longer (--max-wait), or request less.",
            )
        pause = _LOOKS[min(self._looks, len(_LOOKS) - 1)]
        self._looks += 1
        return pause if self._max_wait is None else min(pause, self._max_wait - waited + 0.01)

    def check(self) -> None:
        """StateError if a node failed during the job: srun then ends with exit code 0 (22.05)."""
        job = None
        with suppress(DevenvError):  # without an answer, srun's exit code counts
            job = self._find("NODE_FAIL")
        if job is not None:
            raise StateError(
                f"a node failed, and job {job.job} with it: its work is not done",
                fix="Run it again: Slurm leaves the node out until it is back.",
            )

    def _find(self, *states: str) -> JobState | None:
        done = ask(slurm_queue.watching(*states), self._environ)
        return slurm_queue.found_by(done.stdout, self._request.resources.comment)

    def _tell(self, job: JobState) -> None:
        start = job.start or self._estimate
        when = f"; estimated start {start}" if start else ""
        text = f"job {job.job} waits: {job.reason or 'not looked at yet'}{when}"
        if text != self._told and (job.reason or self._looks):
            self._told = text
            self._context.say(text)

    def cancel(self, job: JobState) -> None:
        ask(slurm_queue.cancel(job.job), self._environ)

    def end(self) -> None:
        """Cancel the job if it exists."""
        job = self._find()
        if job is not None:
            self.cancel(job)


def call_waiting(
    context: Context,
    request: LaunchRequest,
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    max_wait: int | None,
    trial: process.Completed | None = None,
) -> int:
    """Run srun or salloc to its end; returns its exit code. request: the `marked` one of `argv`.

    trial: Slurm's answer to such a request. An interrupt leaves no job behind. Errors as
    `refuse_hopeless` and `QueueWatch`.
    """
    estimate = refuse_hopeless(request, environ, said=trial)
    watch = QueueWatch(context, request, environ, max_wait, estimate)
    try:
        code = process.call(argv, environ=environ, meanwhile=watch)
    except BaseException:
        watch.end()
        raise
    if code == 0:
        watch.check()
    return code

"""What has to wait for Slurm: refused where it can never start, explained, and bounded."""

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
"""Seconds between looks at the queue, the last for ever: a busy controller is not to be asked more."""
_CHANGING = ("SCANCEL_", "SINFO_", "SQUEUE_", "SLURM_TIME_FORMAT")
"""Begins the names of a user's own defaults for what these commands say, of whom, and what they end."""
_PATIENCE = ("timeout", "20")
"""Slurm's commands themselves try for a minute where no controller answers."""


def marked(request: LaunchRequest) -> LaunchRequest:
    """The request with a comment by which its job can be found, behind one of the user's own."""
    option, asked = "--comment=", request.resources
    own = [word.removeprefix(option) for word in asked.extra if word.startswith(option)]
    extra = tuple(word for word in asked.extra if not word.startswith(option))
    mark = " ".join([*own, f"devenv-{os.getpid()}-{time.time_ns():x}"])
    return replace(request, resources=replace(asked, comment=mark, extra=extra))


def marked_job(request: LaunchRequest, scheduler: str, environ: Mapping[str, str]) -> str:
    """The id of the job of a `marked` request; empty where there is none, or no way to find it."""
    if scheduler != "slurm":
        return ""
    done = ask(slurm_queue.watching(), environ)
    job = slurm_queue.found_by(done.stdout, request.resources.comment)
    return job.job if job else ""


def ask(argv: tuple[str, ...], environ: Mapping[str, str]) -> process.Completed:
    """One of the scheduler's commands; StateError where it does not answer."""
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
    """(what, fix) where SLURM_JOB_ID names a job that is over: srun would fail on it in its own words.

    So it is in a shell that outlived its salloc, or that took over the variables of a job.
    """
    job = environ.get("SLURM_JOB_ID", "")
    if facts.scheduler != "slurm" or facts.step or not job:
        return None
    try:
        done = ask(slurm_queue.state_of(job), environ)
    except StateError:  # whoever needs an answer says so
        return None
    if not slurm_queue.over(done.stdout, done.stderr):
        return None
    what = f"SLURM_JOB_ID={job} is set, but that job is over"
    return what, f"Remove what that job left in this shell: unset {' '.join(of_slurm(environ))}"


def trial_beside(
    request: LaunchRequest, environ: Mapping[str, str]
) -> AbstractContextManager[Callable[[], process.Completed]]:
    """Slurm is asked, while the block runs, what `refuse_hopeless` asks; that takes the answer."""
    return _asked(slurm_queue.trial(request), environ)


def refuse_hopeless(
    request: LaunchRequest,
    environ: Mapping[str, str],
    *,
    later: bool = False,
    said: process.Completed | None = None,
) -> str:
    """The estimated start; PreconditionError for what Slurm says that it can never start.

    Slurm says so, too, while nodes are out of service: a batch job may wait for them (later). What
    all of them together cannot do is reported by sbatch, or by the reason for which the job waits. said:
    the answer, where Slurm was asked before.
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
    """The error for a request that would wait for ever, with what there is to ask for."""
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
    """Called while srun or salloc runs, until its job does: says why it waits, and for how long."""

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
        """Seconds until the next look; 0 when the job runs. Errors, after the job was cancelled."""
        job = self._find()
        self._seen = self._seen or job is not None
        if job is None:
            # A busy controller may not have it yet; one that was there is over.
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
        """StateError where a node died under the job: srun ends with exit code 0 then (22.05)."""
        job = None
        with suppress(DevenvError):  # it cannot be asked for: what srun said stands
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
        """Leave no job behind, wherever it stands."""
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
    """Run srun or salloc to its end; its exit code. request: `marked`, as `argv` asks for it.

    trial: what Slurm said to such a request. Interrupted, no job is left.
    Errors as `refuse_hopeless` and `QueueWatch` give them.
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

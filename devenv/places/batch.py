"""Submits a batch job: writes its script, submits and records it, or leaves nothing behind."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.job import Job
from devenv.core.launch import JobState, Launch, LaunchRequest
from devenv.core.plan import MakeFolder, Plan, RemovePath, Write
from devenv.places import QUEUES
from devenv.places.job_records import ask_scheduler, record, states_of
from devenv.places.launching import Launching
from devenv.places.modules import module_home, without_ours
from devenv.places.script import Activation, script_text
from devenv.places.waiting import hopeless, marked, marked_job, refuse_hopeless
from devenv.store.carry import carry_out
from devenv.system.process import interruptible


@dataclass(frozen=True)
class BatchJob:
    """A job to submit. started: the launch inside it. script: the activation script; empty for none.
    title: for the user. environment, generation, subject: as in `Job`.
    """

    request: LaunchRequest
    scheduler: str
    folder: Path
    started: Launch
    title: str
    script: str = ""
    environment: str = ""
    generation: int = 0
    subject: str = ""

    @property
    def file(self) -> str:
        """The path of its script."""
        return str(self.folder / "script.sh")


def text_of(how: Launching, batch: BatchJob) -> str:
    """The text of its script. An array records no exit code, since its tasks write nothing."""
    modules = how.settings.modules
    init = str(Path(module_home(how.context.environ), "init", "sh")) if modules else ""
    activation = Activation(batch.script, batch.title, modules, init)
    left = "" if batch.request.array else str(batch.folder / "exit")
    return script_text(QUEUES[batch.scheduler], batch.request, batch.started, activation, left)


def submit_batch(context: Context, how: Launching, batch: BatchJob) -> tuple[Job, JobState]:
    """Submit a job. PreconditionError if it can never start; then nothing is left behind."""
    queue = QUEUES[batch.scheduler]
    _require_program(context, batch, queue.submission("")[0])
    if queue.WATCHED:
        batch = replace(batch, request=marked(batch.request))
    # The job does not inherit an activation in the submitter's shell, nor the job that this is in.
    environ = queue.submitting(batch.request, without_ours(context.environ))
    if queue.WATCHED:
        refuse_hopeless(batch.request, environ, later=True)
    script = Write(batch.file, text_of(how, batch), executable=True, private=True)
    carry_out(context, Plan("submit", (MakeFolder(str(batch.folder)), script)))
    with interruptible():
        return _submitted(replace(context, environ=environ), batch)


def _require_program(context: Context, batch: BatchJob, program: str) -> None:
    if shutil.which(program, path=context.environ.get("PATH", os.defpath)) is None:
        raise PreconditionError(
            f"there is no {batch.scheduler} here: {program} was not found on PATH",
            fix="Log in to the cluster, or load its module. To run it here, omit --on.",
        )


def _submitted(context: Context, batch: BatchJob) -> tuple[Job, JobState]:
    """Submit and record a job. A failure or an interrupt leaves no job and no folder behind."""
    queue, number = QUEUES[batch.scheduler], ""
    try:
        number = queue.job_of(ask_scheduler(context, queue.submission(batch.file)))
        job = _job(batch, number)
        carry_out(context, Plan("submit", record(job)))
        state = states_of(context, [job])[number]
        if queue.never(state.reason):
            raise hopeless(state.reason, batch.request, context.environ, batch.scheduler)
        return job, state
    except BaseException:
        with suppress(DevenvError):
            number = number or marked_job(batch.request, batch.scheduler, context.environ)
            if number:
                ask_scheduler(context, queue.cancel(number))
        carry_out(context, Plan("submit", (RemovePath(str(batch.folder)),)))
        raise


def _job(batch: BatchJob, number: str) -> Job:
    return Job(
        job=number,
        scheduler=batch.scheduler,
        environment=batch.environment,
        generation=batch.generation,
        argv=batch.request.argv,
        folder=str(batch.folder),
        log=batch.request.log,
        workdir=batch.request.workdir,
        submitted=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        array=batch.request.array,
        subject=batch.subject,
    )

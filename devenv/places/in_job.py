"""Work in a job: in the foreground where the place waits for it, else as a batch job."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.settings import Settings
from devenv.core.errors import StateError
from devenv.core.launch import Launch, LaunchOptions, LaunchRequest
from devenv.core.plan import Plan, RemovePath, Write
from devenv.core.result import Result
from devenv.places import QUEUES
from devenv.places.batch import BatchJob, submit_batch
from devenv.places.job_records import ask_scheduler, exit_code, new_folder, states_of
from devenv.places.launching import Launching, call, launching, plan, resources
from devenv.places.logs import print_log
from devenv.store.carry import carry_out

FILE = "work.json"


@dataclass(frozen=True)
class JobWork:
    """text: the content of the file that `devenv _work` carries out.

    subject: what is done, in the words of a command. name: of the job. ranks: that the work starts
    itself, at least 1.
    """

    text: str
    subject: str
    name: str
    ranks: int
    launch: LaunchOptions


def in_job(context: Context, settings: Settings, work: JobWork) -> Result:
    """Do the work in a job, with the same output and exit code."""
    launch = replace(work.launch, launcher=work.launch.on)
    how = launching(context, settings, launch)
    folder = new_folder(context)
    argv = (sys.executable, "-m", "devenv", "_work", str(folder / FILE))
    write = Write(str(folder / FILE), work.text, private=True)
    if not QUEUES[launch.on].foreground(how.facts):
        carry_out(context, Plan("work", (write,)))
        return _in_batch(how, _batch(how, work, argv, folder))
    request, made = plan(context, how, argv, work.ranks, mpi=False)
    carry_out(context, Plan("work", (write,)))
    try:
        return Result(code=call(context, how, request, made, how.context.environ))
    finally:
        carry_out(context, Plan("work", (RemovePath(str(folder)),)))


def _batch(how: Launching, work: JobWork, argv: tuple[str, ...], folder: Path) -> BatchJob:
    """The work as a batch job. It is in no generation: it may be what makes the first."""
    queue = QUEUES[how.options.on]
    request = LaunchRequest(
        argv,
        work.ranks,
        resources(how.settings, how.options),
        mpi=False,
        workdir=str(how.context.cwd),
        log=str(Path(queue.literal(str(folder)), queue.log_name(False))),
        name=work.name,
    )
    started = Launch(argv, "local", "")
    title = f"devenv {work.subject}"
    return BatchJob(request, how.options.on, folder, started, title, subject=work.subject)


def _in_batch(how: Launching, batch: BatchJob) -> Result:
    """Submit it, print its log as it comes, and take its exit code. Interrupted, no job is left."""
    context = how.context
    job, state = submit_batch(context, how, batch)
    context.say(f"job {job.job}: {state.state}; {batch.title}")
    try:
        print_log(context, job, "", follow=True)
    except BaseException:
        ask_scheduler(context, QUEUES[job.scheduler].cancel(job.job))
        raise
    code = exit_code(job)
    if code is None:
        ended = states_of(context, [job])[job.job]
        raise StateError(
            f"job {job.job} left no exit code: {ended.state} {ended.reason}".rstrip(),
            fix=f"Its log: devenv logs {job.job}",
        )
    return Result(code=code)

"""A verb's work in a job: in the foreground where the place waits for it, else as a batch job."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.launch import Launch, LaunchRequest
from devenv.core.plan import Plan, RemovePath, Write
from devenv.core.result import Result
from devenv.places import QUEUES
from devenv.places.batch import BatchJob, submit_batch
from devenv.places.job_records import ask_scheduler, exit_code, new_folder, states_of
from devenv.places.launching import Launching, call, launching, plan, resources
from devenv.store.carry import carry_out
from devenv.upkeep.project import ready
from devenv.workflows.logs import print_log
from devenv.workflows.work import Verb, Work, encoded

FILE = "work.json"


def in_job(context: Context, verb: Verb, work: Work) -> Result:
    """Do the work in a job, with the same output and exit code."""
    env = ready(context, work.environment) if verb.in_environment else None
    work = replace(work, environment=env.name) if env else work
    launch = replace(work.launch, launcher=work.launch.on)
    how = launching(context, env.settings if env else context.settings, launch)
    folder = new_folder(context)
    argv = (sys.executable, "-m", "devenv", "_work", str(folder / FILE))
    write = Write(str(folder / FILE), encoded(context, work), private=True)
    ranks = max(work.ranks, 1)
    if not QUEUES[launch.on].foreground(how.facts):
        carry_out(context, Plan("work", (write,)))
        return _in_batch(how, _batch(how, work, argv, ranks, folder))
    request, made = plan(context, how, argv, ranks, mpi=False)
    carry_out(context, Plan("work", (write,)))
    try:
        return Result(code=call(context, how, request, made, how.context.environ))
    finally:
        carry_out(context, Plan("work", (RemovePath(str(folder)),)))


def _batch(how: Launching, work: Work, argv: tuple[str, ...], ranks: int, folder: Path) -> BatchJob:
    """The work as a batch job. It is in no generation: it may be what makes the first."""
    queue = QUEUES[how.options.on]
    subject = f"{work.verb} {work.environment}" if work.environment else work.verb
    request = LaunchRequest(
        argv,
        ranks,
        resources(how.settings, how.options),
        mpi=False,
        workdir=str(how.context.cwd),
        log=str(Path(queue.literal(str(folder)), queue.log_name(False))),
        name=f"devenv-{work.verb.replace(' ', '-')}",
    )
    started = Launch(argv, "local", "")
    return BatchJob(request, how.options.on, folder, started, f"devenv {subject}", subject=subject)


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

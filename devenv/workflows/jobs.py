"""devenv submit and jobs: batch jobs, each in the generation that it was submitted with."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.job import Job
from devenv.core.launch import Launch, LaunchRequest
from devenv.core.result import Result
from devenv.environment.activation import scripts_of, selected_model
from devenv.environment.handle import Env
from devenv.places import QUEUES, launch
from devenv.places.batch import BatchJob, submit_batch, text_of
from devenv.places.job_listing import job_list, submitted_job
from devenv.places.job_records import keep, new_folder, read_jobs, states_of
from devenv.places.launching import Launching, launching
from devenv.places.preflight import after_preflight, for_gpu
from devenv.places.submission import SubmitRequest, batch_request, batch_scheduler
from devenv.places.waiting import stale_job
from devenv.system.redaction import redacted_words
from devenv.upkeep.ready import ready_or_planned


def submit(env: Env, request: SubmitRequest, *, dry_run: bool = False) -> Result:
    """Submit a job. PreconditionError for one that can never start: then nothing is left of it."""
    context, name = env.context, env.name
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv submit {name} -- COMMAND...")
    how = launching(context, env.settings, request.options, uses_job=False)
    scheduler = batch_scheduler(how)
    if stale := stale_job(how.facts, context.environ):
        context.say(f"note: {stale[0]}; the new job does not get it. {stale[1]}")
    first, generation = ready_or_planned(
        env.reopen(how.context),
        "the job is submitted with it",
        dry_run=dry_run,
        no_build=request.no_build,
        model=request.model,
    )
    if first:  # the script names the generation, which does not exist yet
        return Result(first)
    folder = new_folder(context)
    asked = batch_request(how, request, folder, scheduler, name)
    if dry_run:
        asked = replace(asked, argv=redacted_words(asked.argv, context.environ))
    batch = _batch(how, asked, (scheduler, folder), generation, selected_model(env, request.model))
    if dry_run:
        argv = shlex.join(QUEUES[scheduler].submission(batch.file))
        return Result((*text_of(how, batch).splitlines(), f"# {argv}"))
    job, state = submit_batch(context, how, batch)
    return submitted_job(_shown(context, job), state)


def _batch(
    how: Launching,
    asked: LaunchRequest,
    place: tuple[str, Path],
    generation: Generation,
    model: str,
) -> BatchJob:
    """Inside the job the choice is made as there: srun, or the mpirun that PBS wants.

    place: the scheduler, and the job's folder. model: the name of the generation's further model; empty:
    its own.
    """
    scheduler, folder = place
    inside = replace(how.facts, allocation=True, step=0, scheduler=scheduler)
    if asked.resources.gpus or for_gpu(generation):
        asked = replace(asked, argv=after_preflight(generation.name, asked.argv))
    made = Launch(asked.argv, "local", "")
    if asked.ranks:
        within = replace(asked, resources=replace(asked.resources, extra=(), comment=""))
        made = launch(within, inside, scheduler)
    layout = scripts_of(Env(how.context, generation.name), generation, model)
    with_model = f", model {model}" if model else ""
    return BatchJob(
        asked,
        scheduler,
        folder,
        made,
        f"environment {generation.name}, generation {generation.number}{with_model}",
        script=str(layout.activation("sh")),
        environment=generation.name,
        generation=generation.number,
    )


def jobs(context: Context) -> Result:
    """The submitted jobs, with what became of them."""
    known = [_shown(context, job) for job in read_jobs(context)]
    states = states_of(context, known)
    for job in known:
        keep(context, job, states[job.job])
    return job_list([(job, states[job.job]) for job in known])


def _shown(context: Context, job: Job) -> Job:
    """A job without the secrets of its command."""
    return replace(job, argv=redacted_words(job.argv, context.environ))

"""devenv submit and jobs: batch jobs, each in the generation that it was handed in with."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import DevenvError, PreconditionError, UsageError
from devenv.core.job import Job
from devenv.core.launch import ALIVE, JobState, Launch, LaunchOptions, LaunchRequest, checked_line
from devenv.core.names import checked_name, unknown
from devenv.core.plan import MakeFolder, Plan, Remove, Write
from devenv.core.result import Result, Table
from devenv.environment.handle import Env
from devenv.environment.picked import picked, scripts_of
from devenv.places import QUEUES, launch
from devenv.places.after import waited_for
from devenv.places.job_records import ask_scheduler, keep, new_folder, record, recorded, states_of
from devenv.places.launching import Launching, launching, resources
from devenv.places.modules import module_home, without_ours
from devenv.places.preflight import after_preflight, for_gpu
from devenv.places.script import Activation, script_text
from devenv.places.waiting import found_marked, hopeless, marked, refuse_hopeless, stale_job
from devenv.system.executor import execute
from devenv.system.process import interruptible
from devenv.system.redaction import redacted_words
from devenv.workflows.run import prepared

SHOWN = 20
"""Jobs that are over are listed up to that many."""


@dataclass(frozen=True)
class SubmitRequest:
    """What was typed. array: the tasks, as the scheduler writes them; log: empty for one of ours.

    model: a further one, by its name or its variants. after: jobs that have to succeed before.
    """

    argv: tuple[str, ...]
    ranks: int = 0
    options: LaunchOptions = field(default_factory=LaunchOptions)
    array: str = ""
    log: str = ""
    name: str = ""
    no_build: bool = False
    model: str = ""
    after: tuple[str, ...] = ()


def submit(env: Env, request: SubmitRequest, *, dry_run: bool = False) -> Result:
    """Hand a job in. PreconditionError for one that can never start: then nothing is left of it."""
    context, name = env.context, env.name
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv submit {name} -- COMMAND...")
    how = launching(context, env.settings, request.options, uses_job=False)
    scheduler = _scheduler(how)
    if stale := stale_job(how.facts, context.environ):
        context.say(f"note: {stale[0]}; the new job does not get it. {stale[1]}")
    generation = prepared(
        env.reopened(how.context), no_build=request.no_build or dry_run, model=request.model
    )
    model = picked(env, request.model)
    folder = new_folder(context)
    asked = _request(how, request, folder, scheduler, name)
    left = "" if request.array else str(folder / "exit")
    if dry_run:
        shown = replace(asked, argv=redacted_words(asked.argv, context.environ))
        text = _script(how, shown, scheduler, (generation, model), left)
        argv = shlex.join(QUEUES[scheduler].submission(str(folder / "script.sh")))
        return Result((*text.splitlines(), f"# {argv}"))
    queue = QUEUES[scheduler]
    asked = marked(asked) if queue.WATCHED else asked
    text = _script(how, asked, scheduler, (generation, model), left)
    # What the submitter's shell has activated is not handed on, nor the job that it may be in.
    environ = queue.submitting(asked, without_ours(context.environ))
    outside = replace(context, environ=environ)
    if queue.WATCHED:
        refuse_hopeless(asked, environ, later=True)
    script = Write(str(folder / "script.sh"), text, executable=True, private=True)
    execute(Plan("submit", (MakeFolder(str(folder)), script)), environ=context.environ)
    with interruptible():
        return _handed_in(outside, asked, scheduler, generation, folder)


def _scheduler(how: Launching) -> str:
    name = how.options.launcher or how.facts.scheduler
    if name not in QUEUES:
        if how.options.launcher:
            raise unknown("scheduler", name, QUEUES, "--launcher")
        raise PreconditionError(
            "there is no scheduler here to hand a job in to (sbatch, qsub)",
            fix="Log in to the cluster, or run it here: devenv run",
        )
    return name


def _request(
    how: Launching, request: SubmitRequest, folder: Path, scheduler: str, name: str
) -> LaunchRequest:
    workdir = checked_line(str(how.context.cwd), "the folder that we are in,")
    queue = QUEUES[scheduler]
    ours = Path(queue.literal(str(folder)), queue.log_name(bool(request.array)))
    log = _checked_log(how.context, request.log)
    return LaunchRequest(
        argv=request.argv,
        ranks=request.ranks,
        resources=resources(how.settings, request.options),
        workdir=workdir,
        log=str(Path(queue.literal(workdir), log) if log else ours),
        name=checked_name(request.name or f"devenv-{name}", "a job"),
        array=checked_line(request.array, "--array"),
        after=waited_for(how.context, request.after, scheduler),
    )


def _checked_log(context: Context, log: str) -> str:
    """A job whose log cannot be opened fails without a word: UsageError."""
    path = context.cwd / checked_line(log, "--log")
    if not log or ("%" in str(Path(log).parent) and path.name):
        return log
    if path.is_dir() or not path.parent.is_dir():
        which = f"{path} is a folder" if path.is_dir() else f"{path.parent} is no folder"
        raise UsageError(f"--log {log}: {which}", fix="Name a file in a folder that is there.")
    return log


def _script(
    how: Launching,
    asked: LaunchRequest,
    scheduler: str,
    place: tuple[Generation, str],
    exit_file: str,
) -> str:
    """Inside the job the choice is made as there: srun, or the mpirun that PBS wants.

    place: the generation, and the name of its further model (empty: its own).
    """
    generation, model = place
    inside = replace(how.facts, allocation=True, step=0, scheduler=scheduler)
    if asked.resources.gpus or for_gpu(generation):
        asked = replace(asked, argv=after_preflight(generation.name, asked.argv))
    made = Launch(asked.argv, "local", "")
    if asked.ranks:
        within = replace(asked, resources=replace(asked.resources, extra=(), comment=""))
        made = launch(within, inside, scheduler)
    layout = scripts_of(Env(how.context, generation.name), generation, model)
    with_model = f", model {model}" if model else ""
    modules = how.settings.modules
    activation = Activation(
        script=str(layout.activation("sh")),
        title=f"environment {generation.name}, generation {generation.number}{with_model}",
        modules=modules,
        modules_init=str(Path(module_home(how.context.environ), "init", "sh")) if modules else "",
    )
    return script_text(QUEUES[scheduler], asked, made, activation, exit_file)


def _handed_in(
    context: Context, asked: LaunchRequest, scheduler: str, generation: Generation, folder: Path
) -> Result:
    """Submit and record. What fails or is interrupted before it is told leaves no job and no folder.

    PreconditionError for one that waits for what never comes.
    """
    batch = QUEUES[scheduler]
    number = ""
    try:
        printed = ask_scheduler(context, batch.submission(str(folder / "script.sh")))
        number = batch.job_of(printed)
        job = _job(asked, number, scheduler, generation, folder)
        execute(Plan("submit", record(job)), environ=context.environ)
        state = states_of(context, [job])[number]
        if batch.never(state.reason):
            raise hopeless(state.reason, asked, context.environ, scheduler)
        return _submitted(context, job, state)
    except BaseException:
        with suppress(DevenvError):
            number = number or found_marked(asked, scheduler, context.environ)
            if number:
                ask_scheduler(context, batch.cancel(number))
        execute(Plan("submit", (Remove(str(folder)),)), environ=context.environ)
        raise


def _job(
    asked: LaunchRequest, number: str, scheduler: str, generation: Generation, folder: Path
) -> Job:
    return Job(
        job=number,
        scheduler=scheduler,
        environment=generation.name,
        generation=generation.number,
        argv=asked.argv,
        folder=str(folder),
        log=asked.log,
        workdir=asked.workdir,
        submitted=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        array=asked.array,
    )


def _submitted(context: Context, job: Job, state: JobState) -> Result:
    word = state.state
    why = f" ({state.reason})" if state.reason else ""
    where = f"environment {job.environment}, generation {job.generation}"
    lines = (f"job {job.job}: {word}{why}; {where}", f"log: {job.log_pattern}")
    return Result(lines, data={**asdict(_shown(context, job)), "state": word})


def _shown(context: Context, job: Job) -> Job:
    """A job without the secrets of its command."""
    return replace(job, argv=redacted_words(job.argv, context.environ))


def jobs(context: Context) -> Result:
    """The jobs that devenv handed in, with what became of them."""
    known = [_shown(context, job) for job in recorded(context)]
    told = states_of(context, known)
    states = [(job, told[job.job]) for job in known]
    for job, state in states:
        keep(context, job, state)
    over = [job for job, state in states if state.state not in ALIVE][:-SHOWN]
    states = [(job, state) for job, state in states if job not in over]
    rows = [
        (
            job.job,
            state.state,
            _detail(job, state),
            f"{job.environment}/{job.generation}",
            _short(job),
        )
        for job, state in states
    ]
    header = ("JOB", "STATE", "", "ENVIRONMENT", "COMMAND")
    data = [{**asdict(j), **asdict(s), "log": j.log_pattern} for j, s in states]
    return Result(table=Table(header, tuple(rows)), data={"jobs": data})


def _detail(job: Job, state: JobState) -> str:
    whose = f"of {job.owner}" if job.owner else ""
    waits = state.start and state.state == "PENDING"
    when = f"estimated start {state.start}" if waits else ""
    code = f"exit code {state.exit_code}" if state.exit_code is not None else ""
    return "; ".join(filter(None, (whose, code or state.reason, when)))


def _short(job: Job) -> str:
    """In one line, whatever is in it: a command may have line breaks."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in shlex.join(job.argv))
    return text if len(text) <= 50 else f"{text[:49]}…"

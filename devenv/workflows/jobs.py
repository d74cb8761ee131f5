"""devenv submit, jobs and logs: batch jobs, each in the generation that it was handed in with."""

from __future__ import annotations

import glob
import json
import os
import shlex
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from devenv.core.environment import Generation
from devenv.core.errors import PreconditionError, StateError, UsageError
from devenv.core.job import Job
from devenv.core.launch import ALIVE, WAITING, JobState, Launch, LaunchRequest, checked_line
from devenv.core.names import checked_name, unknown
from devenv.core.plan import MakeFolder, Plan, Remove, Write
from devenv.core.result import Result, Table
from devenv.launchers import SCHEDULERS, launch
from devenv.launchers.script import Activation, script_text
from devenv.system.executor import execute
from devenv.workflows.context import Context, chosen
from devenv.workflows.job_records import ask_scheduler, keep, recorded, states_of
from devenv.workflows.launching import Asked, Launching, launching, resources
from devenv.workflows.modules import module_home, without_ours
from devenv.workflows.picked import picked, scripts_of
from devenv.workflows.preflight import after_preflight, for_gpu
from devenv.workflows.run import prepared
from devenv.workflows.waiting import hopeless, refuse_hopeless

SHOWN = 20
"""Jobs that are over are listed up to that many."""


@dataclass(frozen=True)
class SubmitRequest:
    """What was typed. array: the tasks, as the scheduler writes them; log: empty for one of ours.

    model: a further one, by its name or its variants.
    """

    argv: tuple[str, ...]
    ranks: int = 0
    asked: Asked = field(default_factory=Asked)
    array: str = ""
    log: str = ""
    name: str = ""
    no_build: bool = False
    model: str = ""


def submit(
    context: Context, name: str | None, request: SubmitRequest, *, dry_run: bool = False
) -> Result:
    """Hand a job in. PreconditionError for one that can never start: then nothing is left of it."""
    name = chosen(context, name)
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv submit {name} -- COMMAND...")
    how = launching(context, name, request.asked)
    scheduler = _scheduler(how)
    generation = prepared(
        how.context, name, no_build=request.no_build or dry_run, model=request.model
    )
    model = picked(context, name, request.model)
    folder = context.layout.home / "jobs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    asked = _request(how, request, folder, scheduler, name)
    left = "" if request.array else str(folder / "exit")
    text = _script(how, asked, scheduler, (generation, model), left)
    if dry_run:
        argv = shlex.join(SCHEDULERS[scheduler].submission(str(folder / "script.sh")))
        return Result((*text.splitlines(), f"# {argv}"))
    if scheduler == "slurm":
        refuse_hopeless(asked, context.environ, later=True)
    steps = (MakeFolder(str(folder)), Write(str(folder / "script.sh"), text, executable=True))
    execute(Plan("submit", steps), environ=context.environ)
    job = _handed_in(context, asked, scheduler, generation, folder)
    state = states_of(context, [job])[job.job]
    if SCHEDULERS[scheduler].never(state.reason):
        ask_scheduler(context, SCHEDULERS[scheduler].cancel(job.job))
        execute(Plan("submit", (Remove(str(folder)),)), environ=context.environ)
        raise hopeless(state.reason, asked, context.environ, scheduler)
    return _submitted(job, state)


def _scheduler(how: Launching) -> str:
    name = how.asked.launcher or how.facts.scheduler
    if name not in SCHEDULERS:
        if how.asked.launcher:
            raise unknown("scheduler", name, SCHEDULERS, "--launcher")
        raise PreconditionError(
            "there is no scheduler here to hand a job in to (sbatch, qsub)",
            fix="Log in to the cluster, or run it here: devenv run",
        )
    return name


def _request(
    how: Launching, request: SubmitRequest, folder: Path, scheduler: str, name: str
) -> LaunchRequest:
    workdir = checked_line(str(how.context.cwd), "the folder that we are in,")
    # Of the folders' names the scheduler is to complete nothing.
    plain = "%%" if scheduler == "slurm" else "%"
    ours = Path(
        str(folder).replace("%", plain), SCHEDULERS[scheduler].log_name(bool(request.array))
    )
    log = _checked_log(how.context, request.log)
    return LaunchRequest(
        argv=request.argv,
        ranks=request.ranks,
        resources=resources(how.settings, request.asked),
        workdir=workdir,
        log=str(Path(workdir.replace("%", plain), log) if log else ours),
        name=checked_name(request.name or f"devenv-{name}", "job"),
        array=checked_line(request.array, "--array"),
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
        within = replace(asked, resources=replace(asked.resources, extra=()))
        made = launch(within, inside, scheduler)
    layout = scripts_of(how.context, generation, model)
    with_model = f", model {model}" if model else ""
    modules = how.settings.modules
    activation = Activation(
        script=str(layout.activation("sh")),
        title=f"environment {generation.name}, generation {generation.number}{with_model}",
        modules=modules,
        modules_init=str(Path(module_home(how.context.environ), "init", "sh")) if modules else "",
    )
    return script_text(SCHEDULERS[scheduler], asked, made, activation, exit_file)


def _handed_in(
    context: Context, asked: LaunchRequest, scheduler: str, generation: Generation, folder: Path
) -> Job:
    """Submit and record. What the submitter's shell has activated is not handed on."""
    batch = SCHEDULERS[scheduler]
    clean = replace(context, environ=without_ours(context.environ))
    try:
        printed = ask_scheduler(clean, batch.submission(str(folder / "script.sh")))
    except BaseException:
        execute(Plan("submit", (Remove(str(folder)),)), environ=context.environ)
        raise
    job = Job(
        job=batch.job_of(printed),
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
    text = json.dumps(asdict(job), indent=2) + "\n"
    execute(Plan("submit", (Write(str(folder / "job.json"), text),)), environ=context.environ)
    return job


def _submitted(job: Job, state: JobState) -> Result:
    word = state.state
    why = f" ({state.reason})" if state.reason else ""
    where = f"environment {job.environment}, generation {job.generation}"
    lines = (f"job {job.job}: {word}{why}; {where}", f"log: {job.log_pattern}")
    return Result(lines, data={**asdict(job), "state": word})


def jobs(context: Context) -> Result:
    """The jobs that devenv handed in, with what became of them."""
    known = recorded(context)
    told = states_of(context, known)
    states = [(job, told[job.job]) for job in known]
    for job, state in states:
        keep(context, job, state)
    over = [job for job, state in states if state.state not in ALIVE][:-SHOWN]
    states = [(job, state) for job, state in states if job not in over]
    rows = [
        (job.job, state.state, _detail(state), f"{job.environment}/{job.generation}", _short(job))
        for job, state in states
    ]
    header = ("JOB", "STATE", "", "ENVIRONMENT", "COMMAND")
    data = [{**asdict(j), **asdict(s), "log": j.log_pattern} for j, s in states]
    return Result(table=Table(header, tuple(rows)), data={"jobs": data})


def _detail(state: JobState) -> str:
    if state.exit_code is not None:
        return f"exit code {state.exit_code}"
    when = f"; estimated start {state.start}" if state.start and state.state == "PENDING" else ""
    return f"{state.reason}{when}"


def _short(job: Job) -> str:
    """In one line, whatever is in it: a command may have line breaks."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in shlex.join(job.argv))
    return text if len(text) <= 50 else f"{text[:49]}…"


def logs(context: Context, job: str, *, follow: bool) -> Result:
    """Print a job's log: of an array, those of all tasks, or of one (ID_TASK). follow: until it ends."""
    number, _, task = job.partition("_")
    known = recorded(context)
    # The newest: a cluster that was set up anew counts from 1 again.
    found = next((each for each in reversed(known) if _is(each, number)), None)
    if found is None:
        raise unknown("job", job, [each.job for each in known], "devenv jobs")
    pattern = found.log_glob(task)
    offsets: dict[Path, int] = {}
    said = ""
    while True:
        # Asked before the log is read: what is written until the end is read then.
        state = states_of(context, [found])[found.job] if follow else None
        over = state is None or state.state not in ALIVE
        if state and state.state in WAITING and state.reason != said:
            said = state.reason
            context.say(f"job {job} waits: {said}")
        _print_new(pattern, offsets, headers=bool(found.array and not task))
        if over:
            break
        time.sleep(1.0)
    if not offsets:
        raise StateError(
            f"job {job} has no log yet: {found.log_pattern}", fix="See its state: devenv jobs"
        )
    return Result()


def _print_new(pattern: str, offsets: dict[Path, int], *, headers: bool) -> None:
    for path in _matching(pattern):
        first = path not in offsets
        with path.open("rb") as file:
            file.seek(offsets.get(path, 0))
            new = file.read()
            offsets[path] = file.tell()
        if headers and (first or new):
            print(f"==> {path.name} <==")
        sys.stdout.write(new.decode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def _matching(pattern: str) -> list[Path]:
    """In the order of the tasks: task 10 behind task 9."""
    found = map(Path, glob.glob(pattern))  # noqa: PTH207 - folders may have '['
    return sorted(found, key=lambda path: (len(path.name), path.name))


def _is(job: Job, number: str) -> bool:
    return number in (job.job, job.job.split(".")[0].removesuffix("[]"))

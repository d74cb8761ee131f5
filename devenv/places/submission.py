"""What was typed after `devenv submit`, as a request to a scheduler."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import PreconditionError, UsageError
from devenv.core.launch import LaunchOptions, LaunchRequest, checked_line
from devenv.core.names import checked_name, unknown
from devenv.places import QUEUES
from devenv.places.after import pending_jobs
from devenv.places.launching import Launching, resources


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


def batch_scheduler(how: Launching) -> str:
    """The scheduler that gets the job. UsageError for an unknown --launcher.

    PreconditionError if there is none.
    """
    name = how.options.launcher or how.facts.scheduler
    if name not in QUEUES:
        if how.options.launcher:
            raise unknown("scheduler", name, QUEUES, "--launcher")
        raise PreconditionError(
            "no scheduler found to submit a job to (sbatch, qsub)",
            fix="Log in to the cluster, or run it here: devenv run",
        )
    return name


def batch_request(
    how: Launching, request: SubmitRequest, folder: Path, scheduler: str, name: str
) -> LaunchRequest:
    """The request that goes to the scheduler. folder: the job's. name: of its environment.

    UsageError for what no job script can contain, and for a log that cannot be opened.
    """
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
        after=pending_jobs(how.context, request.after, scheduler),
    )


def _checked_log(context: Context, log: str) -> str:
    """A job whose log cannot be opened fails without a word: UsageError."""
    path = context.cwd / checked_line(log, "--log")
    if not log or ("%" in str(Path(log).parent) and path.name):
        return log
    if path.is_dir() or not path.parent.is_dir():
        which = f"{path} is a directory" if path.is_dir() else f"{path.parent} is not a directory"
        raise UsageError(f"--log {log}: {which}", fix="Name a file in a folder that exists.")
    return log

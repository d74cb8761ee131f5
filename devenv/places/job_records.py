"""Submitted jobs: the records in their folders, and the states that schedulers report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.job import FROM_OUTSIDE, GONE, SIGNALLED, Job, job_state
from devenv.core.launch import ALIVE, UNKNOWN, JobState
from devenv.core.plan import Plan, Write
from devenv.places import QUEUES, Queue
from devenv.places.waiting import ask
from devenv.store.carry import carry_out
from devenv.system.users import owner, user_number

_COMMAND = "command.json"
_STATE = "state.json"
"""In a job's folder: how it ended, if only the scheduler reported that."""


def new_folder(context: Context) -> Path:
    """The path of the folder for a new job, which is not created yet."""
    return context.layout.home / "jobs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"


def ask_scheduler(context: Context, argv: tuple[str, ...]) -> str:
    """The output of a scheduler's command. PreconditionError if it fails, StateError if it times out."""
    done = ask(argv, context.environ)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise PreconditionError(
            f"{argv[0]} refuses: {said or f'exit code {done.returncode}'}",
            fix="Where a default came from: devenv config show",
        )
    return done.stdout


def record(job: Job) -> tuple[Write, ...]:
    """The steps that record a job. Only the owner can read its command, which may contain a secret."""
    words = {k: v for k, v in asdict(job).items() if k not in ("argv", "owner")}
    return (
        Write(str(Path(job.folder, _COMMAND)), json.dumps(job.argv) + "\n", private=True),
        Write(str(Path(job.folder, "job.json")), json.dumps(words, indent=2) + "\n"),
    )


def read_jobs(context: Context) -> list[Job]:
    """All jobs with a record, the oldest first, including those of other users of the folder."""
    return list(_read(context.layout.home / "jobs"))


def _read(folder: Path) -> Iterator[Job]:
    for path in sorted(folder.glob("*/job.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            yield Job(**{**data, "argv": _command(path.parent), "owner": owner(path)})
        except (OSError, ValueError, TypeError, KeyError):
            continue  # one damaged record does not hide the others


def _command(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(json.loads((folder / _COMMAND).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ()


def states_of(context: Context, known: Sequence[Job]) -> dict[str, JobState]:
    """Job -> its state. For a job that recorded its exit code, the scheduler is not asked.

    UNKNOWN, with the reason, if the scheduler does not answer.
    """
    left = {job.job: exit_code(job) for job in known}
    open_ = [job for job in known if _open(left[job.job])]
    reported: dict[str, JobState] = {}
    for scheduler in {job.scheduler for job in open_}:
        reported |= _scheduler_states(
            context, scheduler, [job for job in open_ if job.scheduler == scheduler]
        )
    return {
        job.job: job_state(job, _last(job, reported.get(job.job)), left[job.job]) for job in known
    }


def _open(code: int | None) -> bool:
    return code is None or code >= SIGNALLED


def _last(job: Job, reported: JobState | None) -> JobState | None:
    """The state that the scheduler reports, else the one that `keep` stored."""
    if reported and reported.state != UNKNOWN:
        return reported
    try:
        return JobState(**json.loads(Path(job.folder, _STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return reported


def keep(context: Context, job: Job, state: JobState) -> None:
    """Store how a job without an exit code ended, since schedulers forget that within minutes."""
    path = Path(job.folder, _STATE)
    plain = state.exit_code is not None and state.state not in FROM_OUTSIDE
    passing = plain or state.state in (*ALIVE, UNKNOWN, GONE)
    text = json.dumps(asdict(state)) + "\n"
    with suppress(DevenvError, OSError):  # a reader of the records may not have write permission
        if not passing and (not path.exists() or path.read_text(encoding="utf-8") != text):
            carry_out(context, Plan("jobs", (Write(str(path), text),)))


def _scheduler_states(
    context: Context, scheduler: str, known: Sequence[Job]
) -> dict[str, JobState]:
    """The states of the jobs that the scheduler knows. UNKNOWN for jobs that cannot be queried."""
    batch = QUEUES[scheduler]
    reported: dict[str, JobState] = {}
    for ours in (True, False):
        mine = [job for job in known if bool(job.owner) != ours]
        users = [] if ours else sorted({user_number(job.owner) for job in mine})
        ids = [job.job for job in mine]
        try:
            reported |= (
                batch.states(ask_scheduler(context, batch.listing(users)), ids) if ids else {}
            )
            gone = [] if ours else [job for job in mine if job.job not in reported]
            reported |= _hidden(context, batch, gone)
        except DevenvError as error:
            reported |= {job: JobState(job, UNKNOWN, error.what) for job in ids}
    return reported


def _hidden(context: Context, batch: Queue, known: Sequence[Job]) -> dict[str, JobState]:
    """UNKNOWN for unreported jobs of other users, if the site may hide those."""
    ask = batch.privacy()
    if not known or (ask and not batch.hidden(ask_scheduler(context, ask))):
        return {}
    return {
        job.job: JobState(job.job, UNKNOWN, "over, or kept from others: its owner can see")
        for job in known
    }


def exit_code(job: Job) -> int | None:
    """The exit code that the job's script recorded; None if it has not ended, was cancelled, or is an
    array."""
    try:
        return int(Path(job.folder, "exit").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def over(context: Context) -> Iterator[Job]:
    """The jobs that have ended, or that their scheduler has forgotten."""
    known = read_jobs(context)
    states = states_of(context, known)
    yield from (job for job in known if states[job.job].state not in (*ALIVE, UNKNOWN))


def generations_in_jobs(context: Context) -> dict[Path, str]:
    """Folder of a generation -> the job, in words, that runs in it, will, or may."""
    found: dict[Path, str] = {}
    known = read_jobs(context)
    states = states_of(context, known)
    for job in (one for one in known if one.environment):
        state = states[job.job].state
        if state in ALIVE or state == UNKNOWN:
            layout = context.layout.env(job.environment).generation(job.generation)
            whose = f" of {job.owner}" if job.owner else ""
            found[layout.root] = f"job {job.job}{whose}: {state}"
    return found

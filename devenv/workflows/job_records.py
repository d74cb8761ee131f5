"""The jobs that were handed in, as their folders record them, and as the schedulers tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.job import FROM_OUTSIDE, GONE, SIGNALLED, Job, judged
from devenv.core.launch import ALIVE, UNKNOWN, JobState
from devenv.core.plan import Plan, Write
from devenv.launchers import SCHEDULERS
from devenv.system.executor import execute
from devenv.workflows.context import Context
from devenv.workflows.waiting import ask

_STATE = "state.json"
"""In a job's folder: how it ended, where that is known from the scheduler alone."""


def ask_scheduler(context: Context, argv: tuple[str, ...]) -> str:
    """What a scheduler's command prints. PreconditionError: it refuses; StateError: it is silent."""
    done = ask(argv, context.environ)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise PreconditionError(
            f"{argv[0]} refuses: {said or f'exit code {done.returncode}'}",
            fix="Where a default came from: devenv config show",
        )
    return done.stdout


def recorded(context: Context) -> list[Job]:
    """All jobs with a record, the oldest first."""
    return list(_read(context.layout.home / "jobs"))


def _read(folder: Path) -> Iterator[Job]:
    for path in sorted(folder.glob("*/job.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            yield Job(**{**data, "argv": tuple(data["argv"])})
        except (OSError, ValueError, TypeError, KeyError):
            continue  # one damaged record does not hide the others


def states_of(context: Context, known: Sequence[Job]) -> dict[str, JobState]:
    """job -> what became of it. One that left an exit code of its own is over, and nobody is asked.

    UNKNOWN, with the reason, for those of a scheduler that cannot be asked.
    """
    left = {job.job: exit_code(job) for job in known}
    open_ = [job for job in known if _open(left[job.job])]
    told: dict[str, JobState] = {}
    for scheduler in {job.scheduler for job in open_}:
        told |= _told(context, scheduler, [job.job for job in open_ if job.scheduler == scheduler])
    return {job.job: judged(job, _last(job, told.get(job.job)), left[job.job]) for job in known}


def _open(code: int | None) -> bool:
    return code is None or code >= SIGNALLED


def _last(job: Job, told: JobState | None) -> JobState | None:
    """What is told of a job now, else what `keep` kept of it."""
    if told and told.state != UNKNOWN:
        return told
    try:
        return JobState(**json.loads(Path(job.folder, _STATE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return told


def keep(context: Context, job: Job, state: JobState) -> None:
    """Keep how a job ended that left no exit code: schedulers forget it within minutes."""
    path = Path(job.folder, _STATE)
    plain = state.exit_code is not None and state.state not in FROM_OUTSIDE
    passing = plain or state.state in (*ALIVE, UNKNOWN, GONE)
    text = json.dumps(asdict(state)) + "\n"
    with suppress(DevenvError, OSError):  # who may read the records may not write there
        if not passing and (not path.exists() or path.read_text(encoding="utf-8") != text):
            execute(Plan("jobs", (Write(str(path), text),)), environ=context.environ)


def _told(context: Context, scheduler: str, ids: list[str]) -> dict[str, JobState]:
    batch = SCHEDULERS[scheduler]
    try:
        return batch.states(ask_scheduler(context, batch.listing()), ids)
    except DevenvError as error:
        return {job: JobState(job, UNKNOWN, error.what) for job in ids}


def exit_code(job: Job) -> int | None:
    """What the job's script left; None where it is not over, was cancelled, or is an array."""
    try:
        return int(Path(job.folder, "exit").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def generations_in_jobs(context: Context) -> dict[Path, str]:
    """The folders of generations that jobs run in, will, or may, each with the job in words."""
    found: dict[Path, str] = {}
    known = recorded(context)
    states = states_of(context, known)
    for job in known:
        state = states[job.job].state
        if state in ALIVE or state == UNKNOWN:
            layout = context.layout.env(job.environment).generation(job.generation)
            found[layout.root] = f"job {job.job}: {state}"
    return found

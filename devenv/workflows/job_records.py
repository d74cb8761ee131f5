"""The jobs that were handed in, as their folders record them, and as the schedulers tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.job import Job, judged
from devenv.core.launch import ALIVE, JobState
from devenv.launchers import SCHEDULERS
from devenv.workflows.context import Context
from devenv.workflows.waiting import ask


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


def states_of(context: Context, known: list[Job]) -> dict[str, JobState]:
    """What the schedulers say of the jobs; a scheduler that no job is with is not asked."""
    found: dict[str, JobState] = {}
    for scheduler in {job.scheduler for job in known}:
        batch, ids = SCHEDULERS[scheduler], [j.job for j in known if j.scheduler == scheduler]
        found |= batch.states(ask_scheduler(context, batch.listing()), ids)
    return found


def exit_code(job: Job) -> int | None:
    """What the job's script left; None where it is not over, was cancelled, or is an array."""
    try:
        return int(Path(job.folder, "exit").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def generations_in_jobs(context: Context) -> dict[Path, str]:
    """The folders of generations that jobs will run in or do, each with the job in words.

    Where a scheduler cannot be asked, its jobs may be alive.
    """
    found: dict[Path, str] = {}
    pending = [job for job in recorded(context) if exit_code(job) is None]
    for scheduler in {job.scheduler for job in pending}:
        for job, state in _alive(context, [job for job in pending if job.scheduler == scheduler]):
            layout = context.layout.env(job.environment).generation(job.generation)
            found[layout.root] = f"job {job.job}: {state}"
    return found


def _alive(context: Context, of_one: list[Job]) -> Iterator[tuple[Job, str]]:
    try:
        told = states_of(context, of_one)
    except DevenvError:
        yield from ((job, f"{job.scheduler} cannot be asked") for job in of_one)
        return
    for job in of_one:
        state = judged(job, told.get(job.job), None).state
        if state in ALIVE:
            yield job, state

"""What no environment, test profile, job or process uses, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.plan import RemovePath
from devenv.engines.protocol import Prunable
from devenv.engines.registry import every_engine
from devenv.environment.handle import Env, environment_names
from devenv.environment.history import numbers
from devenv.environment.project import outdated_marks
from devenv.places.job_records import generations_in_jobs, over
from devenv.store.observe import entries, leftovers, roots, traces
from devenv.store.sweep import Entry, users_of
from devenv.system.leases import holders, unheld


@dataclass(frozen=True)
class PruneRequest:
    """What was typed. keep: the newest generations that stay in each environment; 0: all of them.

    packages: also what Spack installed and no environment has in its lock.
    """

    keep: int = 0
    packages: bool = False


@dataclass(frozen=True)
class Garbage:
    """What goes. folders: in this order. made: what engines made. notes: what stays, and why."""

    folders: tuple[Path, ...]
    made: tuple[Prunable, ...]
    notes: tuple[str, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        return (*self.folders, *(path for one in self.made for path in one.prefixes))

    @property
    def steps(self) -> tuple[RemovePath, ...]:
        return tuple(RemovePath(str(path)) for path in self.folders)


def collect_garbage(context: Context, locks: ExitStack, request: PruneRequest) -> Garbage:
    """Everything that can be removed. locks: receives the leases that keep others from using it."""
    names = environment_names(context)
    jobs = generations_in_jobs(context) if request.keep else {}
    old, notes = _free(locks, _old(context, request.keep), jobs) if request.keep else ((), ())
    made = tuple(
        one.prunable(context, locks, names, frozenset(old), request.packages)
        for one in every_engine()
    )
    folders_made = tuple(folder for one in made for folder in one.folders)
    left = tuple(leftovers(context.layout))
    gone = frozenset((*old, *folders_made, *left))
    known = entries(context.layout)
    used = users_of(known, roots(context.layout, gone))
    unused, more = _free(locks, (one.path for one in known if one.path not in used), {})
    kept = [one for one in known if one.path not in {*gone, *unused}]
    rest = _past(context, names, kept)
    # What refers to something goes before what it refers to.
    folders = (*old, *folders_made, *left, *unused, *rest)
    stay = (note for one in made for note in one.notes)
    return Garbage(folders, made, (*notes, *stay, *more))


def _past(context: Context, names: Collection[str], kept: Collection[Entry]) -> Iterator[Path]:
    """What is left of what is gone: logs, marks of projects' files, records of jobs that are over."""
    yield from traces(context.layout, kept)
    yield from outdated_marks(context)
    yield from (Path(job.folder) for job in over(context) if job.environment not in names)
    if not names:  # logs, times of past steps, and what compilers and solvers cached
        for folder in ("conda", "wheels"):
            yield from sorted((context.layout.home / folder).glob("*"))
        yield from filter(Path.exists, [context.layout.durations])


def _old(context: Context, keep: int) -> Iterator[Path]:
    """The whole generations but for the last `keep` of each environment, and the current one."""
    for name in environment_names(context):
        env = Env(context, name)
        folders = (env.layout.generation(number).root for number in numbers(env)[:-keep])
        yield from (folder for folder in folders if folder.resolve() != env.current.root)


_FILES = ("environment.json", "model.json")
"""What stands for a generation, and for a model, where somebody leases it."""


def _free(
    locks: ExitStack, folders: Iterator[Path], jobs: Mapping[Path, str]
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Those that nobody uses, now and as long as `locks` are held; and who uses the others.

    jobs: those that a job waits or runs in.
    """
    free, notes = [], []
    for folder in folders:
        file = next((folder / name for name in _FILES if (folder / name).exists()), None)
        if folder in jobs:
            notes.append(f"In use: {folder} ({jobs[folder]})")
        elif file is None or locks.enter_context(unheld(file)):
            free.append(folder)
        else:
            notes.append(f"In use: {folder} ({', '.join(holders(file)) or 'by another process'})")
    return tuple(free), tuple(notes)

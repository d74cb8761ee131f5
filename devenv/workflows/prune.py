"""devenv prune, devenv du: what stands in the store, who uses it, and what can go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Plan, RemovePath, Step, describe
from devenv.core.quantity import quantity
from devenv.core.result import Result, Table
from devenv.engines.protocol import Prunable
from devenv.engines.registry import every_engine
from devenv.environment.handle import Env, environment_names
from devenv.places.job_records import generations_in_jobs, over
from devenv.store.carry import carry_out
from devenv.store.observe import entries, leftovers, roots, traces
from devenv.store.sweep import Entry, users_of
from devenv.system import files
from devenv.system.files import folder_size
from devenv.system.leases import alone, holders, unheld


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


def prune(context: Context, request: PruneRequest, *, dry_run: bool = False) -> Result:
    """Remove what no environment, test profile, job or process uses, whatever kind it is of.

    Nothing is being made meanwhile: what is new has no user yet.
    """
    with ExitStack() as locks:
        if not dry_run or context.layout.store_lock.exists():
            locks.enter_context(alone(context.layout.store_lock, "the store"))
        found = _garbage(context, locks, request)
        if dry_run:
            return _planned(found)
        result = _removed(context, found)
        # Whoever takes a lock has its share of the store first: nobody has one now.
        for lock in context.layout.locks.glob("*"):
            files.remove(lock)
        files.remove_empty(context.layout.home, 2)
        return result


def _garbage(context: Context, locks: ExitStack, request: PruneRequest) -> Garbage:
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
    unused, more = _free(locks, (one.path for one in _unused(context, gone)), {})
    rest = _past(context, names, frozenset(unused))
    # What refers to something goes before what it refers to.
    folders = (*old, *folders_made, *left, *unused, *rest)
    kept = (note for one in made for note in one.notes)
    return Garbage(folders, made, (*notes, *kept, *more))


def _unused(context: Context, gone: Collection[Path]) -> Iterator[Entry]:
    known = entries(context.layout)
    used = users_of(known, roots(context.layout, gone))
    yield from (entry for entry in known if entry.path not in used)


def _past(context: Context, names: Collection[str], unused: Collection[Path]) -> Iterator[Path]:
    """Logs of what goes, and the records of jobs that are over and whose environment is gone."""
    yield from traces(context.layout, unused)
    yield from (Path(job.folder) for job in over(context) if job.environment not in names)
    if not names:  # logs, times of past steps, and what compilers and solvers cached
        for folder in ("conda", "wheels"):
            yield from sorted((context.layout.home / folder).glob("*"))
        yield from filter(Path.exists, [context.layout.durations])


def _planned(found: Garbage) -> Result:
    """The commands, and what they would free."""
    run = tuple(one.uninstall for one in found.made if one.uninstall)
    steps: tuple[Step, ...] = (*found.steps, *run)
    lines = tuple(map(describe, steps)) or ("# nothing to do",)
    names = tuple(f"# {path}" for one in found.made for path in one.prefixes)
    freed = sum(map(folder_size, found.paths))
    return Result((*lines, *names, *found.notes, f"# {freed / 1e6:.1f} MB"))


def _removed(context: Context, found: Garbage) -> Result:
    freed, paths = sum(map(folder_size, found.paths)), found.paths
    for one in found.made:
        if one.uninstall:  # before the folders: it may read one of them
            plan = Plan("packages", (one.uninstall,))
            carry_out(context, plan, environ=one.variables)
    carry_out(context, Plan("prune", found.steps))
    what = f"Removed {quantity(paths, 'folder')}, {freed / 1e6:.1f} MB."
    data = {"removed": [str(p) for p in paths], "bytes": freed, "in_use": list(found.notes)}
    return Result((what if paths else "There is nothing to remove.", *found.notes), data=data)


def _old(context: Context, keep: int) -> Iterator[Path]:
    """The whole generations but for the last `keep` of each environment, and the current one."""
    for name in environment_names(context):
        current = Env(context, name).current.root
        folders = context.layout.env(name).generations.iterdir()
        whole = [f for f in folders if f.name.isdigit() and GenerationLayout(f).manifest.exists()]
        ordered = sorted(whole, key=lambda folder: int(folder.name))
        yield from (folder for folder in ordered[:-keep] if folder.resolve() != current)


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


def usage(context: Context) -> Result:
    """What takes room: each kind with what of it nobody uses, and each environment's share."""
    known = entries(context.layout)
    used = users_of(known, roots(context.layout))
    sizes = {entry.path: folder_size(entry.path) for entry in known}
    kinds: dict[str, list[Entry]] = {}
    for entry in known:
        kinds.setdefault(entry.kind, []).append(entry)
    rows = [
        (
            kind,
            str(len(found)),
            _megabytes(sizes[e.path] for e in found),
            _megabytes(sizes[e.path] for e in found if e.path not in used),
        )
        for kind, found in kinds.items()
    ]
    shares = tuple(_share(context, name, used, sizes) for name in environment_names(context))
    table = Table(("KIND", "ENTRIES", "SIZE", "UNUSED"), tuple(rows))
    data = {
        "entries": [_entry(e, sizes, used) for e in known],
        "environments": [asdict(share) for share in shares],
    }
    return Result(tuple(map(str, shares)), table=table, data=data)


@dataclass(frozen=True)
class Share:
    """Bytes. own: in the environment's folder. store: of what it uses. alone: of what only it uses."""

    environment: str
    own: int
    store: int
    alone: int

    def __str__(self) -> str:
        own, store, alone = (f"{size / 1e6:.1f} MB" for size in (self.own, self.store, self.alone))
        return f"{self.environment}: {own} of its own, {store} in the store, {alone} for it alone"


def _share(
    context: Context, name: str, used: Mapping[Path, tuple[str, ...]], sizes: Mapping[Path, int]
) -> Share:
    whose = {path: {user.split(" ")[0] for user in users} for path, users in used.items()}
    mine = [path for path, names in whose.items() if name in names]
    return Share(
        name,
        folder_size(context.layout.env(name).root),
        sum(sizes[path] for path in mine),
        sum(sizes[path] for path in mine if whose[path] == {name}),
    )


def _entry(
    entry: Entry, sizes: Mapping[Path, int], used: Mapping[Path, tuple[str, ...]]
) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "key": entry.key,
        "path": str(entry.path),
        "bytes": sizes[entry.path],
        "users": list(used.get(entry.path, ())),
    }


def _megabytes(sizes: Iterator[int]) -> str:
    return f"{sum(sizes) / 1e6:.1f} MB"

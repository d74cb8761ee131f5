"""devenv models prune: what nothing refers to and nobody uses goes; what somebody leases stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from devenv.core.layout import GenerationLayout
from devenv.core.plan import Plan, Remove, describe
from devenv.core.result import Result
from devenv.system.executor import execute
from devenv.system.leases import holders, unheld
from devenv.system.locks import locked
from devenv.workflows.context import Context, current_layout, environment_names
from devenv.workflows.intact import STORES
from devenv.workflows.job_records import generations_in_jobs
from devenv.workflows.spack.prune import Prunable, prunable
from devenv.workflows.store import folder_size, stored_models


def prune(
    context: Context, *, keep: int = 0, packages: bool = False, dry_run: bool = False
) -> Result:
    """Remove what nothing refers to: models and objects, what killed builds left, and the folders that
    Spack worked in.

    keep: first remove the generations of every environment but for the last so many, the current one
    and those that somebody uses; 0: none is removed. packages: those too that Spack installed and no
    environment has in its lock.

    No environment is being built meanwhile: a model that is new has no generation yet.
    """
    with ExitStack() as locks:
        names = environment_names(context)
        for name in names:
            locks.enter_context(locked(context.layout.lock(f"env-{name}"), f"environment {name}"))
        locks.enter_context(locked(context.layout.lock("models"), "the store of models"))
        jobs = generations_in_jobs(context) if keep else {}
        old, notes = _free(locks, _old(context, keep), jobs) if keep else ((), ())
        away, more = _prunable(context, locks, frozenset(old))
        spack = prunable(context, locks, names, frozenset(old), packages)
        # A folder of a generation first: what refers to a model goes before the model.
        found = Found((*old, *away, *spack.folders), spack, (*notes, *more, *spack.notes))
        return _planned(found) if dry_run else _removed(context, found)


@dataclass(frozen=True)
class Found:
    """What goes. folders: in this order, then Spack's packages. notes: what stays, and why."""

    folders: tuple[Path, ...]
    spack: Prunable
    notes: tuple[str, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        return (*self.folders, *self.spack.prefixes)

    @property
    def steps(self) -> tuple[Remove, ...]:
        return tuple(Remove(str(path)) for path in self.folders)


def _planned(found: Found) -> Result:
    """The commands, and what they would free."""
    run = (found.spack.uninstall,) if found.spack.uninstall else ()
    lines = tuple(map(describe, (*found.steps, *run))) or ("# nothing to do",)
    names = tuple(f"# {path}" for path in found.spack.prefixes)
    freed = sum(map(folder_size, found.paths))
    return Result((*lines, *names, *found.notes, f"# {freed / 1e6:.1f} MB"))


def _removed(context: Context, found: Found) -> Result:
    freed, paths, spack = sum(map(folder_size, found.paths)), found.paths, found.spack
    execute(Plan("prune", found.steps), environ=context.environ)
    if spack.uninstall:
        plan = Plan("Spack", (spack.uninstall,))
        execute(plan, environ=spack.variables, quiet=context.quiet)
    what = f"Removed {len(paths)} folders, {freed / 1e6:.1f} MB."
    data = {"removed": [str(p) for p in paths], "bytes": freed, "in_use": list(found.notes)}
    return Result((what if paths else "There is nothing to remove.", *found.notes), data=data)


def _old(context: Context, keep: int) -> Iterator[Path]:
    """The whole generations but for the last `keep` of each environment, and the current one."""
    for name in environment_names(context):
        current = current_layout(context, name).root
        folders = context.layout.env(name).generations.iterdir()
        whole = [f for f in folders if f.name.isdigit() and GenerationLayout(f).manifest.exists()]
        ordered = sorted(whole, key=lambda folder: int(folder.name))
        yield from (folder for folder in ordered[:-keep] if folder.resolve() != current)


def _prunable(
    context: Context, locks: ExitStack, gone: frozenset[Path]
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """What of the store can go without the generations in `gone`, and who uses what cannot."""
    own = [model for model in stored_models(context, gone) if not model.upstream]
    free, notes = _free(locks, (model.path for model in own if not model.users), {})
    needed = frozenset[str]().union(*(m.objects for m in own if m.path not in free))
    objects = context.layout.home / "objects"
    unneeded = (path for path in objects.glob("*/*") if path.name not in needed)
    left = (path for kind in STORES for path in (context.layout.home / kind).glob(".*"))
    return (*free, *unneeded, *left), notes


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
        file = next((folder / name for name in _FILES if (folder / name).exists()), folder)
        if folder in jobs:
            notes.append(f"In use: {folder} ({jobs[folder]})")
        elif locks.enter_context(unheld(file)):
            free.append(folder)
        else:
            notes.append(f"In use: {folder} ({', '.join(holders(file)) or 'by another process'})")
    return tuple(free), tuple(notes)

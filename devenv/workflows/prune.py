"""devenv models prune: what nothing refers to and nobody uses goes; what somebody leases stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from devenv.core.layout import GenerationLayout
from devenv.core.plan import Plan, Remove, describe
from devenv.core.result import Result
from devenv.system.executor import execute
from devenv.system.leases import holders, unheld
from devenv.system.locks import locked
from devenv.workflows.context import Context, current_layout, environment_names
from devenv.workflows.job_records import generations_in_jobs
from devenv.workflows.store import folder_size, stored_models


def prune(context: Context, *, keep: int = 0, dry_run: bool = False) -> Result:
    """Remove the models, and the objects, that nothing refers to, and what killed builds left.

    keep: first remove the generations of every environment but for the last so many, the current one
    and those that somebody uses; 0: none is removed.

    No environment is being built meanwhile: a model that is new has no generation yet.
    """
    with ExitStack() as locks:
        for name in environment_names(context):
            locks.enter_context(locked(context.layout.lock(f"env-{name}"), f"environment {name}"))
        locks.enter_context(locked(context.layout.lock("models"), "the store of models"))
        jobs = generations_in_jobs(context) if keep else {}
        old, notes = _free(locks, _old(context, keep), jobs) if keep else ((), ())
        away, more = _prunable(context, locks, frozenset(old))
        # A folder of a generation first: what refers to a model goes before the model.
        steps = tuple(Remove(str(path)) for path in (*old, *away))
        freed = sum(map(folder_size, (*old, *away)))
        if dry_run:
            lines = tuple(map(describe, steps)) or ("# nothing to do",)
            return Result((*lines, *notes, *more, f"# {freed / 1e6:.1f} MB"))
        execute(Plan("prune", steps), environ=context.environ)
    what = f"Removed {len(steps)} folders, {freed / 1e6:.1f} MB."
    data = {"removed": [step.path for step in steps], "bytes": freed}
    return Result(
        (what if steps else "There is nothing to remove.", *notes, *more),
        data={**data, "in_use": [*notes, *more]},
    )


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
    return (*free, *unneeded, *context.layout.models.glob(".*")), notes


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

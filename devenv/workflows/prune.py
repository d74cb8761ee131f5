"""devenv prune, devenv du: what stands in the store, who uses it, and what can go."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, replace

from devenv.config.context import Context
from devenv.core.plan import Plan, Step, describe
from devenv.core.quantity import megabytes, quantity
from devenv.core.result import Result, Table
from devenv.core.stage import DryRun
from devenv.environment.handle import environment_names
from devenv.store.carry import carry_out
from devenv.store.sweep import Entry
from devenv.store.usage import Share, StoreUsage, share_of, store_usage
from devenv.system import files
from devenv.system.files import folder_size
from devenv.system.leases import alone
from devenv.upkeep.garbage import Garbage, PruneRequest, collect_garbage


def prune(context: Context, request: PruneRequest, *, dry_run: bool = False) -> Result:
    """Remove what no environment, test profile, job or process uses, whatever kind it is of.

    Nothing is being made meanwhile: what is new has no user yet.
    """
    with ExitStack() as locks:
        # A dry run of a home that cannot be written looks at it as it is.
        if not dry_run or files.is_writable(context.layout.store_lock):
            locks.enter_context(alone(context.layout.store_lock, "the store"))
        reading = replace(context, dry=DryRun()) if dry_run else context
        found = collect_garbage(reading, locks, request)
        if dry_run:
            return _planned(found)
        result = _removed(context, found)
        # Whoever takes a lock has its share of the store first: nobody has one now.
        for lock in context.layout.locks.glob("*"):
            files.remove(lock)
        files.remove_empty(context.layout.home, 2)
        return result


def _planned(found: Garbage) -> Result:
    """The commands, and what they would free."""
    run = tuple(one.uninstall for one in found.made if one.uninstall)
    steps: tuple[Step, ...] = (*found.steps, *run)
    lines = tuple(map(describe, steps)) or ("# nothing to do",)
    names = tuple(f"# {path}" for one in found.made for path in one.prefixes)
    freed = sum(map(folder_size, found.paths))
    return Result((*lines, *names, *found.notes, f"# {megabytes(freed)}"))


def _removed(context: Context, found: Garbage) -> Result:
    freed, paths = sum(map(folder_size, found.paths)), found.paths
    for one in found.made:
        if one.uninstall:  # before the folders: it may read one of them
            plan = Plan("packages", (one.uninstall,))
            carry_out(context, plan, environ=one.variables)
    carry_out(context, Plan("prune", found.steps))
    what = f"Removed {quantity(paths, 'folder')}, {megabytes(freed)}."
    data = {"removed": [str(p) for p in paths], "bytes": freed, "in_use": list(found.notes)}
    return Result((what if paths else "There is nothing to remove.", *found.notes), data=data)


def usage(context: Context) -> Result:
    """What takes room: each kind with what of it nobody uses, and each environment's share."""
    found = store_usage(context.layout)
    kinds: dict[str, list[Entry]] = {}
    for entry in found.entries:
        kinds.setdefault(entry.kind, []).append(entry)
    rows = tuple(_row(found, kind, of_kind) for kind, of_kind in kinds.items())
    shares = [share_of(context.layout, name, found) for name in environment_names(context)]
    data = {
        "entries": [_entry(one, found) for one in found.entries],
        "environments": [asdict(share) for share in shares],
    }
    table = Table(("KIND", "ENTRIES", "SIZE", "UNUSED"), rows)
    return Result(tuple(map(_line, shares)), table=table, data=data)


def _row(found: StoreUsage, kind: str, of_kind: list[Entry]) -> tuple[str, ...]:
    size = sum(found.sizes[e.path] for e in of_kind)
    unused = sum(found.sizes[e.path] for e in of_kind if e.path not in found.users)
    return (kind, str(len(of_kind)), megabytes(size), megabytes(unused))


def _line(share: Share) -> str:
    own, store, only = map(megabytes, (share.own, share.store, share.alone))
    return f"{share.environment}: {own} of its own, {store} in the store, {only} for it alone"


def _entry(entry: Entry, found: StoreUsage) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "key": entry.key,
        "path": str(entry.path),
        "bytes": found.sizes[entry.path],
        "users": list(found.users.get(entry.path, ())),
    }

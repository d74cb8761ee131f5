"""devenv remove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource
from devenv.core.errors import DevenvError, StateError
from devenv.core.layout import EnvironmentLayout
from devenv.core.plan import Plan, RemovePath, Rename, Step
from devenv.core.quantity import megabytes
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.places.job_records import generations_in_jobs
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system.files import folder_size
from devenv.system.leases import holders, unheld

_KEPT = ("environment.yaml", "config.yaml", "current", "data", "spack")
"""In the folder of an environment: what cannot be made again, and the link that makes it one."""


def remove(env: Env) -> Result:
    """Remove an environment; what was edited by hand goes to the trash, see `devenv.workflows.restore`.

    Dev sources are the user's and stay; so do the stores, shared by key.
    """
    context, name, layout = env.context, env.name, env.layout
    parting = what_goes(env)
    with changing(context, name), ExitStack() as locks:
        _check_unused(locks, layout)
        _check_jobs(context, layout)
        trash = context.layout.trash(name) / str(1 + max(kept_numbers(context, name), default=0))
        # One rename: from then on the environment is not there, whenever the rest is done.
        steps: tuple[Step, ...] = (
            Rename(str(layout.root), str(trash), staged=False),
            *_emptied(layout.root, trash),
        )
        carry_out(context, Plan(f"remove {name}", steps))
    data = {"removed": name, "trash": str(trash)}
    return Result((f"Removed {name}.", *parting[1:]), data=data)


def kept_numbers(context: Context, name: str) -> list[int]:
    """The folders in the trash of environments of this name: 1 is the oldest."""
    folder = context.layout.trash(name)
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdigit())


def what_goes(env: Env) -> tuple[str, ...]:
    """For people: what goes with the environment, and what stays."""
    count = len(list(env.layout.generations.glob("*/environment.json")))
    size = megabytes(folder_size(env.layout.root))
    return (
        f"{env.name}: {count} generation{'s' * (count != 1)}, {size} in {env.layout.root}",
        *(f"Your source stays: {source.path}" for source in _sources(env)),
        f"What you wrote is kept: devenv restore {env.name}",
        "Packages and models stay in the store: devenv prune",
    )


def _emptied(root: Path, trash: Path) -> Iterator[RemovePath]:
    """What is removed in the trash, named as it is before the rename: all that can be made again."""
    made = [path for path in sorted(root.iterdir()) if path.name not in _KEPT]
    # Of Spack's working directories, which may be large, the files at the top are what a user edits.
    made += [path for path in sorted(root.glob("spack/*/*")) if path.is_dir()]
    yield from (RemovePath(str(trash / path.relative_to(root))) for path in made)


def _check_unused(locks: ExitStack, layout: EnvironmentLayout) -> None:
    """StateError where a command runs in one of its generations; while `locks` are held, none begins."""
    for manifest in sorted(layout.generations.glob("*/environment.json")):
        if not locks.enter_context(unheld(manifest)):
            raise StateError(
                f"{layout.root.name} is in use: {', '.join(holders(manifest)) or 'another process'}",
                fix="Wait until it has ended, or end it.",
            )


def _check_jobs(context: Context, layout: EnvironmentLayout) -> None:
    """StateError where a batch job is going to run in one of its generations."""
    jobs = generations_in_jobs(context)
    used_by = [word for folder, word in jobs.items() if layout.generations in folder.parents]
    if used_by:
        records = context.layout.home / "jobs"
        raise StateError(
            f"{layout.root.name} is in use: {', '.join(used_by)}",
            fix="Wait until it has ended, or cancel it. One that is long over, with a scheduler that"
            f" is gone: remove its folder from {records}",
        )


def _sources(env: Env) -> tuple[DevSource, ...]:
    """The dev sources; none where the request is broken: such an environment can be removed, too."""
    try:
        return env.request.develop
    except DevenvError:
        return ()

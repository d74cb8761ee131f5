"""devenv remove."""

from __future__ import annotations

from contextlib import ExitStack

from devenv.config.context import Context
from devenv.core.environment import DevSource
from devenv.core.errors import DevenvError, StateError
from devenv.core.layout import EnvironmentLayout
from devenv.core.plan import Plan, RemovePath
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.places.job_records import generations_in_jobs
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system.leases import holders, unheld


def remove(env: Env) -> Result:
    """Remove an environment. Dev sources are the user's and stay; so do the stores, shared by key."""
    context, name, layout = env.context, env.name, env.layout
    sources = _sources(env)
    with changing(context, name), ExitStack() as locks:
        _check_unused(locks, layout)
        _check_jobs(context, layout)
        # The link first: from then on the environment is not there, whenever the rest is done.
        steps = (RemovePath(str(layout.current)), RemovePath(str(layout.root)))
        carry_out(context, Plan(f"remove {name}", steps))
    kept = tuple(f"Your source stays: {s.path}" for s in sources)
    return Result((f"Removed {name}.", *kept))


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
    told = [word for folder, word in jobs.items() if layout.generations in folder.parents]
    if told:
        records = context.layout.home / "jobs"
        raise StateError(
            f"{layout.root.name} is in use: {', '.join(told)}",
            fix="Wait until it has ended, or cancel it. One that is long over, with a scheduler that"
            f" is gone: remove its folder from {records}",
        )


def _sources(env: Env) -> tuple[DevSource, ...]:
    """The dev sources; none where the request is broken: such an environment can be removed, too."""
    try:
        return env.request.develop
    except DevenvError:
        return ()

"""devenv alloc: our own program in an allocation."""

from __future__ import annotations

import shlex
import sys

from devenv.core.errors import PreconditionError
from devenv.core.launch import LaunchOptions, LaunchRequest
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.places import QUEUES
from devenv.places.launching import Launching, launching, require_job, resources
from devenv.places.waiting import call_waiting, marked
from devenv.system.redaction import redacted_words
from devenv.upkeep.ready import ready_or_planned

DEVENV = (sys.executable, "-m", "devenv")


def alloc(
    env: Env,
    argv: tuple[str, ...],
    ranks: int,
    options: LaunchOptions,
    *,
    dry_run: bool = False,
) -> Result:
    """A shell, or `argv`, inside an allocation with the environment active; its exit code."""
    context, name = env.context, env.name
    how = launching(context, env.settings, options, ranks=False)
    if how.facts.allocation:
        require_job(context, how.facts)
        raise PreconditionError("already inside an allocation", fix="Leave it first: exit")
    inner = ("run", name, "--no-build", "--", *argv) if argv else ("shell", name)
    request = LaunchRequest((*DEVENV, *inner), ranks, resources(how.settings, options))
    words = _allocation(how, request, name)
    first, _ = ready_or_planned(
        env.reopen(how.context), "it is active in the allocation", dry_run=dry_run, no_build=False
    )
    if dry_run:
        return Result((*first, shlex.join(redacted_words(words, context.environ))))
    request = marked(request)
    words, environ = _allocation(how, request, name), how.context.environ
    return Result(code=call_waiting(context, request, words, environ, how.max_wait))


def _allocation(how: Launching, request: LaunchRequest, name: str) -> tuple[str, ...]:
    """The scheduler's command. PreconditionError where there is none."""
    queue = QUEUES.get(how.facts.scheduler)
    words = queue.allocation(request) if queue else ()
    if not words:
        raise PreconditionError(
            "no Slurm found to get an allocation from", fix=f"devenv shell {name}"
        )
    return words

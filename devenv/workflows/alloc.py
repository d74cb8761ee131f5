"""devenv alloc, and devenv build --on: our own program in an allocation, and in a job."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace

from devenv.core.errors import PreconditionError, UsageError
from devenv.core.launch import LaunchRequest
from devenv.core.result import Result
from devenv.launchers import SCHEDULERS, slurm
from devenv.workflows.context import Context, chosen
from devenv.workflows.launching import Asked, launching, plan, resources, start
from devenv.workflows.run import prepared
from devenv.workflows.waiting import call_waiting, marked

DEVENV = (sys.executable, "-m", "devenv")


def alloc(
    context: Context,
    name: str | None,
    argv: tuple[str, ...],
    ranks: int,
    asked: Asked,
    *,
    dry_run: bool = False,
) -> Result:
    """A shell, or `argv`, inside an allocation with the environment active; its exit code."""
    name = chosen(context, name)
    how = launching(context, name, asked)
    if how.facts.allocation:
        raise PreconditionError("we are inside an allocation already", fix="Leave it first: exit")
    if how.facts.scheduler != "slurm":
        raise PreconditionError(
            "there is no Slurm here to get an allocation from", fix=f"devenv shell {name}"
        )
    prepared(how.context, name, no_build=dry_run)
    inner = ("run", name, "--no-build", "--", *argv) if argv else ("shell", name)
    request = LaunchRequest((*DEVENV, *inner), ranks, resources(how.settings, asked))
    if dry_run:
        return Result((shlex.join(slurm.allocation(request)),))
    request = marked(request)
    environ = how.context.environ
    code = call_waiting(context, request, slurm.allocation(request), environ, how.max_wait)
    return Result(code=code)


def build_on(
    context: Context, where: str, name: str | None, words: tuple[str, ...], asked: Asked
) -> Result:
    """``devenv build`` with the same words in a job on a node; its output and its exit code."""
    if where not in SCHEDULERS:
        raise UsageError(
            f"--on {where!r}: no such scheduler", fix=f"Known: {', '.join(SCHEDULERS)}, local."
        )
    how = launching(context, chosen(context, name), replace(asked, launcher=where))
    if how.facts.step:
        raise PreconditionError("--on was asked for inside a job step", fix="Leave it out here.")
    request, made = plan(context, how, (*DEVENV, "build", *words), 1, mpi=False)
    return Result(code=start(context, how, request, made, how.context.environ))

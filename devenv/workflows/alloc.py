"""devenv alloc, and devenv build --on: our own program in an allocation, and in a job."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace

from devenv.core.errors import PreconditionError
from devenv.core.launch import LaunchRequest
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.places import SCHEDULERS, slurm
from devenv.places.launching import Asked, launching, plan, resources, start
from devenv.places.waiting import call_waiting, marked
from devenv.system.redaction import redacted_words
from devenv.workflows.build import build
from devenv.workflows.run import prepared

DEVENV = (sys.executable, "-m", "devenv")


def alloc(
    env: Env,
    argv: tuple[str, ...],
    ranks: int,
    asked: Asked,
    *,
    dry_run: bool = False,
) -> Result:
    """A shell, or `argv`, inside an allocation with the environment active; its exit code."""
    context, name = env.context, env.name
    how = launching(context, name, asked)
    if how.facts.allocation:
        raise PreconditionError("we are inside an allocation already", fix="Leave it first: exit")
    if how.facts.scheduler != "slurm":
        raise PreconditionError(
            "there is no Slurm here to get an allocation from", fix=f"devenv shell {name}"
        )
    prepared(env.reopened(how.context), no_build=dry_run)
    inner = ("run", name, "--no-build", "--", *argv) if argv else ("shell", name)
    request = LaunchRequest((*DEVENV, *inner), ranks, resources(how.settings, asked))
    if dry_run:
        shown = redacted_words(slurm.allocation(request), context.environ)
        return Result((shlex.join(shown),))
    request = marked(request)
    environ = how.context.environ
    code = call_waiting(context, request, slurm.allocation(request), environ, how.max_wait)
    return Result(code=code)


@dataclass(frozen=True)
class BuildJob:
    """A ``devenv build`` as it was typed. spec: its arguments."""

    spec: tuple[str, ...]
    request: BuildRequest
    why: bool = False
    dry_run: bool = False

    @property
    def argv(self) -> tuple[str, ...]:
        """The same build without --on."""
        request = self.request
        named = (("--as", request.called), ("--jobs", str(request.jobs or "")))
        words = [word for option, value in named if value for word in (option, value)]
        words += [word for store in request.stores for word in ("--store", store)]
        lists = {
            "--mods": request.mods,
            "--no-mods": request.no_mods,
            "--include": request.include,
        }
        words += [w for option, values in lists.items() for v in values for w in (option, v)]
        flags = {
            "--update": request.update,
            "--why": self.why,
            "--dry-run": self.dry_run,
            "--strict": request.strict is True,
            "--no-strict": request.strict is False,
        }
        return (*DEVENV, "build", *self.spec, *words, *(flag for flag, on in flags.items() if on))


def build_on(env: Env, where: str, job: BuildJob, asked: Asked) -> Result:
    """The build in a job on a node, with the same output and exit code."""
    if where not in SCHEDULERS:
        raise unknown("scheduler", where, (*SCHEDULERS, "local"), "--on")
    context, name = env.context, env.name
    if not (job.why or job.dry_run):
        from devenv.engines.registry import engine

        if engine(env.request.engine).build_on_nodes(env, job.request, asked):
            return build(env.reopened(), job.request)
    asked = replace(asked, job=replace(asked.job, nodes=0))
    how = launching(context, name, asked)
    request, made = plan(context, how, job.argv, 1, mpi=False)
    return Result(code=start(context, how, request, made, how.context.environ))

"""devenv build --on slurm -N 4, for Spack: one Spack on each node, which share the packages out.

Spack's processes lock what they install in the one tree, so that each takes what the others have not
begun. What is asked for is concretized once, before; the generation is made here, after.
"""

from __future__ import annotations

from devenv.core.errors import StepError
from devenv.core.plan import Plan
from devenv.engines.spack.install import concretize_steps
from devenv.engines.spack.observe import asked as asked_of
from devenv.engines.spack.observe import folder_of
from devenv.engines.spack.setup import installation
from devenv.engines.spack.user_manifest import taken_up
from devenv.engines.spack.work import Work, work_in
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.places.launching import Asked, launching, plan
from devenv.places.waiting import call_waiting
from devenv.store.changing import changing
from devenv.system import process
from devenv.system.executor import execute
from devenv.system.leases import leased


def spread(env: Env, request: BuildRequest, asked: Asked) -> None:
    """Install on the nodes that are asked for; a build makes a generation of it."""
    with leased(installation(env.context)):
        _install(env, request, asked)


def _install(env: Env, request: BuildRequest, asked: Asked) -> None:
    work, context = _concretized(env, request), env.context
    how = launching(context, env.name, asked)
    count = (f"-j{request.jobs}",) if request.jobs else ()
    argv = work.argv("install", "--only-concrete", *count)
    launch, made = plan(context, how, argv, asked.job.nodes, mpi=False)
    environ = {**work.variables, **dict(made.env)}
    if made.queued:
        code = call_waiting(context, launch, made.argv, environ, how.max_wait)
    else:
        code = process.call(made.argv, environ=environ)
    if code:
        raise StepError(
            f"Spack failed on the nodes (exit code {code})",
            fix=f"Its reason is told by: devenv build {env.name}",
            returncode=code,
        )


def _concretized(env: Env, request: BuildRequest) -> Work:
    context = env.context
    with changing(context, env.name):
        env = env.reopened()
        _, lock = env.in_use
        environment = taken_up(env, env.request)
        found = asked_of(env, environment, lock, update=request.update)
        work = work_in(context, found, folder_of(env, found, request.update))
        steps = concretize_steps(work)
        execute(Plan("Spack", steps), environ=work.variables, quiet=context.quiet)
        return work

"""devenv build --on slurm -N 4 with Spack: one Spack on each node, which divide the packages among them.

Spack's processes lock the packages that they install in the shared tree, so that each takes packages
that the others have not started. The request is concretized once before that; the generation is made
after it.
"""

from __future__ import annotations

from devenv.config.context import Context
from devenv.core.errors import StepError
from devenv.core.launch import LaunchOptions
from devenv.core.plan import Plan
from devenv.engines.spack.install import (
    concretize_steps,
    explained,
    needs_all,
    with_all_recipes,
)
from devenv.engines.spack.observe import announced_folder, read_request
from devenv.engines.spack.setup import installation
from devenv.engines.spack.user_manifest import with_manifest_edits
from devenv.engines.spack.work import SpackCall, work_in
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.places.launching import call, launching, plan
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system.leases import leased


def spread(env: Env, request: BuildRequest, options: LaunchOptions) -> None:
    """Install on the requested nodes. A build then makes a generation of it."""
    with leased(installation(env.context)):
        _install(env, request, options)


def _install(env: Env, request: BuildRequest, options: LaunchOptions) -> None:
    work, context = _concretized(env, request), env.context
    how = launching(context, env.settings, options)
    count = (f"-j{request.jobs}",) if request.jobs else ()
    argv = work.argv("install", "--only-concrete", *count)
    launch, made = plan(context, how, argv, options.job.nodes, mpi=False)
    code = call(context, how, launch, made, work.variables)
    if code:
        raise StepError(
            f"Spack failed on the nodes (exit code {code})",
            fix=f"To see why: devenv build {env.name}",
            returncode=code,
        )


def _concretized(env: Env, request: BuildRequest) -> SpackCall:
    context = env.context
    with changing(context, env.name):
        env = env.reopen()
        _, lock = env.in_use
        environment = with_manifest_edits(env, env.request)
        spack_request = read_request(env, environment, lock, update=request.update)
        folder = announced_folder(env, spack_request, request.update)
        work = work_in(context, spack_request, folder)
        failed = _concretize(context, work)
        if needs_all(work, failed):
            work = with_all_recipes(context, work)
            failed = _concretize(context, work)
        if failed:
            raise explained(work, failed)
        return work


def _concretize(context: Context, work: SpackCall) -> StepError | None:
    try:
        steps = Plan("Spack", concretize_steps(work))
        carry_out(context, steps, environ=work.variables)
    except StepError as error:
        return error
    return None

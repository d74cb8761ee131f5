"""devenv cache: shares Spack builds in a folder, on S3 or in an OCI registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from devenv.config.context import Context
from devenv.core.errors import StateError, StepError, UsageError
from devenv.core.plan import Plan, Run
from devenv.core.result import Result
from devenv.engines.spack.build_cache import cache_scope, place, require_for
from devenv.engines.spack.failure import REACH, unreached
from devenv.engines.spack.folder import RUN
from devenv.engines.spack.installed import read_last_build
from devenv.engines.spack.lockfile import ConcreteSpec
from devenv.engines.spack.observe import read_request
from devenv.engines.spack.running import built_from
from devenv.engines.spack.scope import CACHE
from devenv.engines.spack.setup import installation
from devenv.engines.spack.site import folder_at
from devenv.engines.spack.work import SpackCall, work_in
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.store.carry import carry_out
from devenv.system import process
from devenv.system.leases import leased


def push(env: Env, address: str) -> Result:
    """Push the packages of an environment to a build cache.

    Packages that are built from a dev source, or depend on one, are left out.
    """
    context, where = env.context, place(env.context, address)
    work = _work(env, where)
    lock = read_last_build(work).lock
    assert lock is not None
    sources = [node.dev for node in lock.nodes.values() if node.dev]
    own = {node.hash for node in built_from(lock, sources)}
    nodes = [n for n in lock.running() if not n.external and n.hash not in own]
    left = sorted(lock.nodes[hash_].name for hash_ in own)
    notes = tuple(f"note: {n} depends on a dev source and is left out" for n in left)
    if not nodes:
        return Result(("Nothing of it was built by Spack from released sources.", *notes))
    _push(context, work, where, nodes)
    names = sorted(node.name for node in nodes)
    data = {"pushed": names, "left_out": left}
    return Result(
        (f"{len(names)} packages are in {address}: {', '.join(names)}", *notes), data=data
    )


def _push(context: Context, work: SpackCall, where: str, nodes: Sequence[ConcreteSpec]) -> None:
    specs = (f"/{node.hash}" for node in nodes)
    options = ("--unsigned", "--update-index", "--only=package")
    more = cache_scope(context, where)
    argv = work.argv("buildcache", "push", *options, CACHE, *specs, more=more)
    run = Run(argv, title="buildcache push", log=str(work.log))
    with leased(installation(context)), _explained(where):
        carry_out(context, Plan("Spack", (run,)), environ=work.variables)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Report only Spack's reason when a cache cannot be reached."""
    try:
        yield
    except StepError as error:
        why = unreached(error.what)
        if why is None:
            raise
        raise StepError(f"{where}: {why}", fix=REACH, returncode=error.returncode) from None


def build_from(env: Env, address: str) -> BuildRequest:
    """The request for a build that installs from a build cache what it contains."""
    where = _existing(env.context, address)
    require_for(env.context, where)
    return BuildRequest(cache=where)


def _existing(context: Context, address: str) -> str:
    """The address in the form that Spack expects. UsageError for a folder that does not exist: Spack
    would treat it as an empty cache, and compile everything.
    """
    where = place(context, address)
    folder = folder_at(where)
    if folder and not folder.is_dir():
        raise UsageError(
            f"there is no build cache in {folder}: it is not a directory",
            fix="Check the path; devenv cache push makes one.",
        )
    return where


def list_cache(env: Env, address: str) -> Result:
    """List the contents of a build cache."""
    context, where = env.context, _existing(env.context, address)
    work = _work(env, where)
    argv = work.argv("buildcache", "list", "--allarch", "--long", more=cache_scope(context, where))
    with _explained(where):
        output = process.capture(argv, environ=work.variables)
    specs = [line for line in output.splitlines() if "@" in line and not line.startswith("==>")]
    blind = where.startswith("oci+http:")
    none = f"Spack reads no list from {address}." if blind else f"There is nothing in {address}."
    return Result(tuple(specs) or (none,), data={"packages": specs})


def _work(env: Env, where: str) -> SpackCall:
    """The call of Spack in an environment; StateError if it is not built."""
    folder = env.layout.spack / env.lock.inputs
    if not (folder / RUN).exists():
        raise StateError(f"{env.name} is not built", fix=f"devenv build {env.name}")
    require_for(env.context, where)
    return work_in(env.context, read_request(env, env.request, env.lock), folder)

"""devenv cache: builds of Spack's in a folder, in S3 or in an OCI registry, for others to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from devenv.config.context import Context
from devenv.core.errors import StateError, StepError, UsageError
from devenv.core.plan import Plan, Run
from devenv.core.result import Result
from devenv.engines.spack.build_cache import cache_scope, place, require_for
from devenv.engines.spack.failure import REACH, unreached
from devenv.engines.spack.installed import RUN, read_made
from devenv.engines.spack.lockfile import Node
from devenv.engines.spack.observe import asked
from devenv.engines.spack.running import built_from
from devenv.engines.spack.scope import CACHE
from devenv.engines.spack.setup import installation
from devenv.engines.spack.site import folder_at
from devenv.engines.spack.work import Work, work_in
from devenv.environment.handle import open_env
from devenv.system import process
from devenv.system.executor import execute
from devenv.system.leases import leased


def push(context: Context, address: str, name: str | None) -> Result:
    """Put what an environment stands on into a build cache.

    What is built from a dev source, or stands on one, is this person's alone and stays out.
    """
    where = place(context, address)
    work = _work(context, name, where)
    lock = read_made(work).lock
    assert lock is not None
    sources = [node.dev for node in lock.nodes.values() if node.dev]
    own = {node.hash for node in built_from(lock, sources)}
    nodes = [n for n in lock.running() if not n.external and n.hash not in own]
    left = sorted(lock.nodes[hash_].name for hash_ in own)
    notes = tuple(f"note: {n} stands on a dev source and stays out" for n in left)
    if not nodes:
        return Result(("Nothing of it was built by Spack from released sources.", *notes))
    _push(context, work, where, nodes)
    names = sorted(node.name for node in nodes)
    data = {"pushed": names, "left_out": left}
    return Result(
        (f"{len(names)} packages are in {address}: {', '.join(names)}", *notes), data=data
    )


def _push(context: Context, work: Work, where: str, nodes: Sequence[Node]) -> None:
    specs = (f"/{node.hash}" for node in nodes)
    options = ("--unsigned", "--update-index", "--only=package")
    more = cache_scope(context, where)
    argv = work.argv("buildcache", "push", *options, CACHE, *specs, more=more)
    run = Run(argv, title="buildcache push", log=str(work.log))
    with leased(installation(context)), _explained(where):
        execute(Plan("Spack", (run,)), environ=work.variables, quiet=context.quiet)


@contextmanager
def _explained(where: str) -> Iterator[None]:
    """Spack's reason why a cache cannot be reached, without the rest of what it says."""
    try:
        yield
    except StepError as error:
        why = unreached(error.what)
        if why is None:
            raise
        raise StepError(f"{where}: {why}", fix=REACH, returncode=error.returncode) from None


def place_to_pull(context: Context, address: str) -> str:
    """The address of a build cache, as Spack takes it, for a build that takes from it what is in it."""
    where = _existing(context, address)
    require_for(context, where)
    return where


def _existing(context: Context, address: str) -> str:
    """The address as Spack takes it. UsageError for a folder that is not there: Spack would take it
    for an empty cache, and compile everything.
    """
    where = place(context, address)
    folder = folder_at(where)
    if folder and not folder.is_dir():
        raise UsageError(
            f"there is no build cache in {folder}: it is not a directory",
            fix="Check the path; devenv cache push makes one.",
        )
    return where


def list_cache(context: Context, address: str, name: str | None) -> Result:
    """What is in a build cache."""
    where = _existing(context, address)
    work = _work(context, name, where)
    argv = work.argv("buildcache", "list", "--allarch", "--long", more=cache_scope(context, where))
    with _explained(where):
        said = process.capture(argv, environ=work.variables)
    found = [line for line in said.splitlines() if "@" in line and not line.startswith("==>")]
    blind = where.startswith("oci+http:")
    none = f"Spack reads no list from {address}." if blind else f"There is nothing in {address}."
    return Result(tuple(found) or (none,), data={"packages": found})


def _work(context: Context, name: str | None, where: str) -> Work:
    """Spack in an environment that is built."""
    env = open_env(context, name)
    name, environment = env.name, env.request
    if environment.engine != "spack":
        raise UsageError(
            f"{name} is of the engine {environment.engine}, which has no build cache",
            fix="Others can use its NEURON and models: devenv build --store FOLDER",
        )
    folder = env.layout.spack / env.lock.inputs
    if not (folder / RUN).exists():
        raise StateError(f"{name} is not built", fix=f"devenv build {name}")
    require_for(context, where)
    return work_in(context, asked(env, environment, env.lock), folder)

"""devenv cache: builds of Spack's in a folder, in S3 or in an OCI registry, for others to take."""

from __future__ import annotations

from devenv.core.errors import StateError, UsageError
from devenv.core.plan import Plan, Run
from devenv.core.result import Result
from devenv.engines.spack.running import built_from
from devenv.system import process
from devenv.system.executor import execute
from devenv.workflows.build import build
from devenv.workflows.built import BuildRequest
from devenv.workflows.context import Context, chosen, load_environment, load_lock
from devenv.workflows.spack.ground import asked
from devenv.workflows.spack.install import RUN, Work, read_made, work_in


def push(context: Context, address: str, name: str | None) -> Result:
    """Put what an environment stands on into a build cache.

    What is built from a dev source, or stands on one, is this person's alone and stays out.
    """
    work = _work(context, name)
    lock = read_made(work).lock
    assert lock is not None
    sources = [node.dev for node in lock.nodes.values() if node.dev]
    own = {node.hash for node in built_from(lock, sources)}
    nodes = [n for n in lock.running() if not n.external and n.hash not in own]
    left = sorted(lock.nodes[hash_].name for hash_ in own)
    notes = tuple(f"note: {n} stands on a dev source and stays out" for n in left)
    if not nodes:
        return Result(("Nothing of it was built by Spack from released sources.", *notes))
    specs = (f"/{node.hash}" for node in nodes)
    options = ("--unsigned", "--update-index", "--only=package")
    argv = work.argv("buildcache", "push", *options, _place(context, address), *specs)
    run = Run(argv, title="buildcache push", log=str(work.log))
    execute(Plan("Spack", (run,)), environ=work.variables, quiet=context.quiet)
    names = sorted(node.name for node in nodes)
    data = {"pushed": names, "left_out": left}
    return Result(
        (f"{len(names)} packages are in {address}: {', '.join(names)}", *notes), data=data
    )


def pull(context: Context, address: str, name: str | None) -> Result:
    """Install an environment, taking from a build cache what is in it."""
    return build(context, name, BuildRequest(cache=_place(context, address)))


def list_cache(context: Context, address: str, name: str | None) -> Result:
    """What is in a build cache."""
    work = _work(context, name)
    mirror = ("-c", f"mirrors:listed:{_place(context, address)}")
    said = process.capture(
        work.argv(*mirror, "buildcache", "list", "--allarch", "--long"), environ=work.variables
    )
    found = [line for line in said.splitlines() if "@" in line and not line.startswith("==>")]
    return Result(tuple(found) or (f"There is nothing in {address}.",), data={"packages": found})


def _place(context: Context, address: str) -> str:
    """An address as Spack takes it: a folder by its whole path."""
    return address if "://" in address else str((context.cwd / address).resolve())


def _work(context: Context, name: str | None) -> Work:
    """Spack in an environment that is built."""
    name = chosen(context, name)
    environment = load_environment(context, name)
    if environment.engine != "spack":
        raise UsageError(
            f"{name} is of the engine {environment.engine}, which has no build cache",
            fix="Others can use its NEURON and models: devenv build --store FOLDER",
        )
    lock = load_lock(context, name)
    folder = context.layout.env(name).root / "spack" / lock.inputs
    if not (folder / RUN).exists():
        raise StateError(f"{name} is not built", fix=f"devenv build {name}")
    return work_in(context, asked(context, environment, lock), folder)

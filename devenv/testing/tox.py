"""tox in an activated environment: what its tests see, what they need, and where they run."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from devenv.config.context import Context
from devenv.config.resources import resource_folder
from devenv.core.activation import preloading
from devenv.core.delta import SEPARATOR
from devenv.core.environment import Generation, Overlay
from devenv.core.errors import PreconditionError
from devenv.core.launch import LaunchRequest
from devenv.core.plan import Plan, Write
from devenv.environment.activation import activated
from devenv.environment.contents import neuron_of
from devenv.environment.handle import Env
from devenv.places import launch
from devenv.places.handed_on import outside
from devenv.places.node import TO_STDERR, NodeShare, call_there
from devenv.places.preflight import after_preflight, for_gpu
from devenv.system import host, process
from devenv.system.executor import execute
from devenv.system.index_address import with_index
from devenv.system.locks import locked
from devenv.system.redaction import redacted
from devenv.system.timing import timed

TOX = (sys.executable, "-I", "-m", "tox", "--colored", "no")
"""Isolated: the PYTHONPATH of an activated environment is for the tests, not for tox itself."""
FACTS = "DEVENV_TEST_FACTS"
"""The variable that names a JSON file with what our own tests and plugin must know."""


def run_tox(
    context: Context,
    generation: Generation,
    node: NodeShare,
    tox: tuple[str, ...],
    arguments: tuple[str, ...],
    to_stderr: bool,
) -> int:
    """tox in the foreground, in the activated environment, on the node; its exit code.

    Where we are in a job step already, the tests do not see it: a simulation that one of them starts
    would take itself for a rank of that step.
    """
    environ = activated(context, generation)
    environ = with_index(outside(environ) if node.how.facts.step else environ)
    argv = (*tox, "run", *arguments)
    if node.how.options.job.gpus or for_gpu(generation):
        argv = after_preflight(generation.name, argv)
    with timed(context.trace, f"tests of {generation.name}", redacted(shlex.join(argv), environ)):
        return call_there(context, node, argv, environ, to_stderr=to_stderr)


def install(
    context: Context, generation: Generation, tox: tuple[str, ...], arguments: tuple[str, ...]
) -> int:
    """Install what the tests need, here: a node may have no network. tox's exit code."""
    ready = (*TO_STDERR, *tox, "run", "--notest", *arguments)
    with timed(
        context.trace, f"install what the tests of {generation.name} need", shlex.join(ready)
    ):
        return process.call(ready, environ=outside(activated(context, generation)))


def install_once(
    context: Context, generation: Generation, tox: tuple[str, ...], name: str, folder: Path
) -> int:
    """The same where all that is installed goes into `folder`, which is named by it: once is enough."""
    mark = folder / "ready"
    lock = context.layout.lock(f"tox-{generation.name}-{folder.name}")
    with locked(lock, f"the tox environment in {folder}"):
        code = 0 if mark.exists() else install(context, generation, tox, ("-e", name))
        if code == 0:
            execute(Plan("installed", (Write(str(mark), ""),)), environ=context.environ)
    return code


def neuron_in(context: Context, generation: Generation) -> tuple[str, str]:
    """The distribution and the version of the NEURON that a generation's tests run with."""
    if not generation.neuron:
        return "the NEURON of the base", ""
    if not Path(generation.neuron, "neuron").is_dir():  # conda packages may come without one
        return "no NEURON", ""
    name = neuron_of(Env(context, generation.name).lock)
    return name, host.neuron_version(Path(generation.neuron))


def inside(
    context: Context, generation: Generation, node: NodeShare, folder: Path
) -> dict[str, str]:
    """What the tests see, in the environment's order: the activation's, and what our tests ask.

    tox's interpreter is not the environment's, so that the environment's packages are on PYTHONPATH,
    behind the dev sources.
    """
    environ = activated(context, generation)
    names = {edit.name for edit in generation.delta.edits}
    variables = {name: environ[name] for name in names if name in environ}
    overlays = [overlay.path for overlay in generation.overlays]
    plugin = str(resource_folder("acceptance"))
    paths = [*overlays, generation.site, generation.neuron, plugin]
    facts = {
        "origins": {m: _origin(o, m) for o in generation.overlays for m in o.modules},
        "ring": str(resource_folder("examples") / "ring"),
        "hoc": next((h for h in generation.hoc if Path(h, "neurodamus.hoc").exists()), ""),
        "launch": _launches(node),
    }
    file = folder / "facts.json"
    execute(Plan("facts", (Write(str(file), json.dumps(facts)),)), environ=context.environ)
    preload = preloading(generation.model.preload if generation.model else "", environ)
    return {**variables, **preload, "PYTHONPATH": SEPARATOR.join(paths), FACTS: str(file)}


def _origin(overlay: Overlay, module: str) -> str:
    """The directory that a module of a dev source is imported from: of the overlay for a package with
    compiled modules, which is a directory of links there; else the source's own."""
    entry = Path(overlay.path, module)
    if entry.is_dir() and not entry.is_symlink():
        return overlay.path
    library = next(Path(overlay.path).glob(f"{module}.*.so"), None)
    return str(library.resolve().parent) if library else overlay.root


def _launches(node: NodeShare) -> dict[str, list[str] | str]:
    """How our tests start one and two ranks where they are; why not, where they cannot."""
    found: dict[str, list[str] | str] = {"1": []}
    try:
        two = launch(LaunchRequest((), 2), node.inside)
    except PreconditionError as error:
        return {**found, "why": error.what}
    return {**found, "2": list(two.prefix)}

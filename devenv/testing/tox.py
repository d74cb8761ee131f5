"""Runs tox in an activated environment: variables and requirements of the tests, and their node."""

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
from devenv.core.plan import Plan, Run, Write
from devenv.environment.activation import active_variables
from devenv.environment.contents import neuron_of
from devenv.environment.handle import Env
from devenv.places import launch
from devenv.places.handed_on import outside
from devenv.places.node import TO_STDERR, NodeShare, call_there
from devenv.places.preflight import after_preflight, for_gpu
from devenv.store.carry import carry_out, preview
from devenv.store.changing import alone
from devenv.system import host, process
from devenv.system.index_address import with_index
from devenv.system.redaction import redacted
from devenv.system.timing import timed

TOX = (sys.executable, "-I", "-m", "tox", "--colored", "no")
"""Isolated (-I): the PYTHONPATH of the environment is for the tests, not for tox itself."""
FACTS = "DEVENV_TEST_FACTS"
"""The variable with the path of a JSON file, which our own tests and plugin read."""


def run_tox(
    context: Context,
    generation: Generation,
    node: NodeShare,
    tox: tuple[str, ...],
    arguments: tuple[str, ...],
) -> int:
    """Run tox in the foreground, in the activated environment, on the node. Returns its exit code.

    If devenv runs in a job step, that is hidden from the tests: a simulation that one of them starts
    would otherwise consider itself a rank of that step.
    """
    environ = active_variables(context, generation)
    environ = with_index(outside(environ) if node.how.facts.step else environ)
    argv = (*tox, "run", *arguments)
    if node.how.options.job.gpus or for_gpu(generation):
        argv = after_preflight(generation.name, argv)
    with timed(context.trace, f"tests of {generation.name}", redacted(shlex.join(argv), environ)):
        return call_there(context, node, argv, environ)


def install(
    context: Context, generation: Generation, tox: tuple[str, ...], arguments: tuple[str, ...]
) -> int:
    """Install the requirements of the tests on this host, since a node may have no network. Returns
    tox's exit code.
    """
    ready = (*TO_STDERR, *tox, "run", "--notest", *arguments)
    if preview(context, Plan("", (Run(ready),))):
        return 0
    with timed(
        context.trace, f"install what the tests of {generation.name} need", shlex.join(ready)
    ):
        return process.call(ready, environ=outside(active_variables(context, generation)))


def install_once(
    context: Context, generation: Generation, tox: tuple[str, ...], name: str, folder: Path
) -> int:
    """As `install`, but only once for a `folder` whose name is a hash of what is installed in it."""
    mark = folder / "ready"
    lock = f"tox-{generation.name}-{folder.name}"
    with alone(context, lock, f"the tox environment in {folder}"):
        code = 0 if mark.exists() else install(context, generation, tox, ("-e", name))
        if code == 0:
            carry_out(context, Plan("installed", (Write(str(mark), ""),)))
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
    """The variables of the tests: those of the activation, and one for our own tests.

    tox does not use the environment's interpreter, so the environment's packages are on PYTHONPATH,
    after the dev sources.
    """
    environ = active_variables(context, generation)
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
    carry_out(context, Plan("facts", (Write(str(file), json.dumps(facts)),)))
    preload = preloading(generation.model.preload if generation.model else "", environ)
    return {**variables, **preload, "PYTHONPATH": SEPARATOR.join(paths), FACTS: str(file)}


def _origin(overlay: Overlay, module: str) -> str:
    """The directory that a module of a dev source is imported from: the overlay for a package with
    compiled modules, which the overlay has as a directory of links; else the source itself."""
    entry = Path(overlay.path, module)
    if entry.is_dir() and not entry.is_symlink():
        return overlay.path
    library = next(Path(overlay.path).glob(f"{module}.*.so"), None)
    return str(library.resolve().parent) if library else overlay.root


def _launches(node: NodeShare) -> dict[str, list[str] | str]:
    """The commands with which our tests start one and two ranks on the node, or why they cannot."""
    commands: dict[str, list[str] | str] = {"1": []}
    try:
        two = launch(LaunchRequest((), 2), node.inside)
    except PreconditionError as error:
        return {**commands, "why": error.what}
    return {**commands, "2": list(two.prefix)}

"""The `special` of a model, for a folder on PATH."""

from __future__ import annotations

from pathlib import Path

from devenv.core.environment import BuiltModel
from devenv.core.plan import Link, Step, Write
from devenv.models import special_shim
from devenv.system import host
from devenv.workflows.context import Context
from devenv.workflows.ground import Ground
from devenv.workflows.packages import neuron_home


def special_script(
    context: Context, ground: Ground, model: BuiltModel, folder: Path
) -> tuple[Step, ...]:
    """The steps that write the special of a model into a folder for PATH."""
    installed = ground.installed
    home = neuron_home(installed)
    if not home:  # the model was not made with a NEURON that is known here
        return (Link(str(folder / "special"), model.special),)
    libpython = host.libpython(installed.python, context.environ)
    # NEURON 8 takes no packages from its Python but the standard library.
    old = host.neuron_version(installed.neuron_site).startswith("8.")
    packages = (str(installed.site), str(installed.neuron_site)) if old else ()
    leaks = not model.preload
    text = special_shim(home, installed.python, model.special, libpython, packages, leaks)
    core = Link(str(folder / "special-core"), model.special_core)
    shim = Write(str(folder / "special"), text, executable=True)
    return (shim, core) if model.special_core else (shim,)

"""The programs of NEURON's with an environment's model in them, for a folder on PATH."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import BuiltModel
from devenv.core.plan import Link, Step, Write
from devenv.environment.foundation import Foundation
from devenv.models import nrngui_shim, nrniv_shim, special_shim
from devenv.models.neuron import neuron_home
from devenv.system import host


def special_script(
    context: Context, foundation: Foundation, model: BuiltModel | None, folder: Path
) -> tuple[Step, ...]:
    """The steps that write special, nrniv and nrngui into a folder for PATH.

    model: None for NEURON's own mechanisms alone, without special.
    """
    installed = foundation.installed
    home = neuron_home(installed)
    if not home:  # the model was not made with a NEURON that is known here
        return (Link(str(folder / "special"), model.special),) if model else ()
    libpython = host.libpython(installed.python, context.environ)
    # NEURON 8 takes no packages from its Python but the standard library.
    old = host.neuron_version(installed.neuron_site).startswith("8.")
    packages = (str(installed.site), str(installed.neuron_site)) if old else ()
    library, preload = (model.library, model.preload) if model else ("", "")
    nrniv = nrniv_shim(home, installed.python, library, libpython, packages, preload)
    programs = (
        Write(str(folder / "nrniv"), nrniv, executable=True),
        Write(str(folder / "nrngui"), nrngui_shim(str(folder / "nrniv"), home), executable=True),
    )
    if model is None:
        return programs
    # Its name is argv[0] to neurodamus, which does not take special.nrn for special.
    program = str(folder / "program" / "special")
    leaks = not model.preload
    text = special_shim(home, installed.python, program, libpython, packages, leaks)
    special = Write(str(folder / "special"), text, executable=True)
    return (Link(program, model.special), special, *programs, *_core(model, folder))


def _core(model: BuiltModel, folder: Path) -> Iterator[Step]:
    if model.special_core:
        yield Link(str(folder / "special-core"), model.special_core)


def has_programs(foundation: Foundation) -> bool:
    """Whether there is anything to write without a model."""
    return bool(neuron_home(foundation.installed))

"""The changes of an activation, computed from the parts of an environment.

The order of precedence, most important first:
  PYTHONPATH        overlays of the dev sources, in the order in which they were developed; the
                    environment's own packages, only if another entry would shadow them; the old value
  HOC_LIBRARY_PATH  directories of dev sources; of the model; the old value
  PATH              special, nrniv and nrngui; console scripts of the dev sources; the environment's;
                    the old value
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from devenv.core.delta import Edit, EnvironmentDelta, Prepend, Set, Unset
from devenv.core.environment import BuiltModel, Overlay

STALE = (
    "PYTHONHOME",
    "NEURONHOME",
    "NRNHOME",
    "NRN_PYTHONEXE",
    "NMODLHOME",
    "NMODL_PYLIB",
    "NRNMECH_LIB_PATH",
    "CORENEURONLIB",
)
"""Set by another NEURON, Python or model, these would point ours at its files."""


MODULE_OPTIONS = "NEURON_MODULE_OPTIONS"
"""Options for NEURON when Python imports it. NEURON's own programs do not read it."""

LOADED_BY_PACKAGES = ("BLUECELLULAB_MOD_LIBRARY_PATH",)
"""Recipes name the model's library in these, for a package that loads it itself.

That fails once `import neuron` has loaded it: NEURON rejects a mechanism that it already has.
"""


NO_LEAKS = "detect_leaks=0"
"""For ASAN_OPTIONS: memory that NEURON and Python keep until exit is no fault of a mechanism."""


@dataclass(frozen=True)
class Contribution:
    """A value that an environment adds to a variable, and its origin."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Parts:
    """The parts of one generation. Paths are absolute.

    shims: the directory with special, nrniv and nrngui; empty for none. bins: directories of the
    environment's own programs. sites: directories of packages, the most important first. hoc: of HOC
    files, likewise. variables: scalars. own_neuron: whether NEURON is the environment's; the variables
    of a base's NEURON stay. engine: the engine's own edits, which all others override.
    """

    name: str
    number: int
    shims: str
    bins: tuple[str, ...]
    sites: tuple[str, ...]
    overlays: tuple[Overlay, ...] = ()
    hoc: tuple[Contribution, ...] = ()
    variables: tuple[Contribution, ...] = ()
    model: BuiltModel | None = None
    own_neuron: bool = True
    engine: EnvironmentDelta = field(default_factory=EnvironmentDelta)


def activation_delta(parts: Parts) -> EnvironmentDelta:
    """The edits, in the order in which they apply."""
    ours = f"environment {parts.name}"
    edits: list[Edit] = [Unset(name, ours) for name in STALE if parts.own_neuron]
    skipped = LOADED_BY_PACKAGES if parts.model else ()
    edits += [edit for edit in parts.engine.edits if edit.name not in skipped]
    edits += _prepends("PYTHONPATH", parts.sites, ours, only_over=True)
    for overlay in reversed(parts.overlays):
        edits.append(Prepend("PYTHONPATH", overlay.path, _dev(overlay.package)))
    edits += [Prepend("HOC_LIBRARY_PATH", h.value, h.origin) for h in reversed(parts.hoc)]
    edits += _prepends("PATH", parts.bins, ours)
    for overlay in reversed(parts.overlays):
        edits.append(Prepend("PATH", overlay.scripts, _dev(overlay.package)))
    if parts.model:
        edits += model_edits(parts.model, parts.shims)
    elif parts.shims:
        edits.append(Prepend("PATH", parts.shims, ours))
    edits += [Set(v.name, v.value, v.origin) for v in parts.variables]
    edits.append(Set("DEVENV_ENV", parts.name, ours))
    edits.append(Set("DEVENV_GENERATION", str(parts.number), ours))
    return EnvironmentDelta(tuple(edits))


def model_edits(model: BuiltModel, shims: str) -> tuple[Edit, ...]:
    """The edits that make a compiled model the one that runs. shims: the directory with its special."""
    origin = f"model {model.key}"
    core = (Set("CORENEURONLIB", model.core_library, origin),) if model.core_library else ()
    return (
        Prepend("PATH", shims, origin),
        Set("NRNMECH_LIB_PATH", model.library, origin),
        *core,
        *_imported(model, origin),
    )


def _imported(model: BuiltModel, origin: str) -> tuple[Edit, ...]:
    """The edit that makes `import neuron` load the model: NEURON never reads NRNMECH_LIB_PATH.

    With ``-dll`` NEURON does not search the working directory for a library. ``-nogui`` would disable
    `neuron.gui`. A plain Python cannot load a model with the address sanitizer (`preloading`); the edit
    then keeps it from loading another model.
    """
    if model.preload or not model.library:
        return (Unset(MODULE_OPTIONS, origin),)
    return (Set(MODULE_OPTIONS, f"-dll {_option(model.library)}", origin),)


def _option(path: str) -> str:
    """A path as one word of NEURON_MODULE_OPTIONS, which NEURON splits at unquoted spaces."""
    if not re.search(r"[\s\"'\\]", path):
        return path
    return '"' + path.replace('"', '\\"') + '"'


def preloading(library: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for a Python that loads a model with the address sanitizer `library` (empty: none).

    The sanitizer must be the first library in a process, and Python is linked without it.
    """
    if not library:
        return {}
    before = environ.get("LD_PRELOAD", "")
    preload = f"{library}:{before}" if before else library
    return {"LD_PRELOAD": preload, "ASAN_OPTIONS": environ.get("ASAN_OPTIONS", NO_LEAKS)}


def _dev(package: str) -> str:
    return f"dev source {package}"


def _prepends(
    name: str, values: Sequence[str], origin: str, only_over: bool = False
) -> Iterable[Edit]:
    """Edits that put `values` first, in their own order."""
    return [Prepend(name, value, origin, only_over) for value in reversed(values)]

"""What an activation changes, from the parts that an environment is made of.

The order of precedence, most important first:
  PYTHONPATH        overlays of the dev sources, in the order in which they were developed; the
                    environment's own packages, only where something else is on it already and would
                    shadow them; what was there before
  HOC_LIBRARY_PATH  dev folders; the model's; before
  PATH              special, nrniv and nrngui; console scripts of the dev sources; the environment's;
                    before
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
"""Left behind by another NEURON, Python or model, these would point ours at its files."""


MODULE_OPTIONS = "NEURON_MODULE_OPTIONS"
"""Options for NEURON where it is imported into a Python. Programs of NEURON's own do not read it."""

LOADED_BY_PACKAGES = ("BLUECELLULAB_MOD_LIBRARY_PATH",)
"""Recipes name the model's library in these for a package that loads it by itself.

Once `import neuron` has loaded it that fails: NEURON refuses a mechanism that it has already.
"""


NO_LEAKS = "detect_leaks=0"
"""For ASAN_OPTIONS: what a simulator and its Python keep to the end is no fault of a mechanism."""


@dataclass(frozen=True)
class Contribution:
    """One value that an environment brings, and who brings it."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class Parts:
    """The parts of one generation. Paths are absolute.

    shims: the folder with special, nrniv and nrngui; empty for none. bins: the environment's own
    programs. sites: folders with packages, the most important first. hoc: folders, likewise.
    variables: scalars. own_neuron: NEURON is ours, not the base's, whose variables then stay.
    beneath: what the engine contributes, over which all else of ours stands.
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
    beneath: EnvironmentDelta = field(default_factory=EnvironmentDelta)


def activation_delta(parts: Parts) -> EnvironmentDelta:
    """The edits, in the order in which `devenv.core.delta.apply` makes them."""
    ours = f"environment {parts.name}"
    edits: list[Edit] = [Unset(name, ours) for name in STALE if parts.own_neuron]
    skipped = LOADED_BY_PACKAGES if parts.model else ()
    edits += [edit for edit in parts.beneath.edits if edit.name not in skipped]
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
    """What makes a compiled model the one that runs. shims: the folder with its special."""
    origin = f"model {model.key}"
    core = (Set("CORENEURONLIB", model.core_library, origin),) if model.core_library else ()
    return (
        Prepend("PATH", shims, origin),
        Set("NRNMECH_LIB_PATH", model.library, origin),
        *core,
        *_imported(model, origin),
    )


def _imported(model: BuiltModel, origin: str) -> tuple[Edit, ...]:
    """What makes `import neuron` load the model, since NEURON itself never reads NRNMECH_LIB_PATH.

    With ``-dll`` NEURON does not look for a library in the working directory. Not ``-nogui``: that
    would take `neuron.gui` away. A plain Python cannot load a model with the address sanitizer in it
    (`preloading`): there no other model is to be loaded in its place.
    """
    if model.preload or not model.library:
        return (Unset(MODULE_OPTIONS, origin),)
    return (Set(MODULE_OPTIONS, f"-dll {_option(model.library)}", origin),)


def _option(path: str) -> str:
    """A path as one word of NEURON_MODULE_OPTIONS, which NEURON splits at blanks outside of quotes."""
    if not re.search(r"[\s\"'\\]", path):
        return path
    return '"' + path.replace('"', '\\"') + '"'


def preloading(library: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables with which a Python may load the library of a model with `library` in it (empty: none).

    The address sanitizer must be in a process before all else, and Python is linked without it.
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
    """Edits after which `values` stand in front in their own order."""
    return [Prepend(name, value, origin, only_over) for value in reversed(values)]

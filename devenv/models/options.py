"""What the variants of a template mean for the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.spec import Value


@dataclass(frozen=True)
class Options:
    """What is made of the mods beside NEURON's library.

    coreneuron: CoreNEURON's half as well. gpu: that half for a GPU.
    """

    coreneuron: bool = False
    gpu: bool = False


def options_of(variants: Mapping[str, Value]) -> Options:
    """What `variants` ask of the build. A GPU is CoreNEURON's: it asks for that half too."""
    gpu = variants.get("gpu") is True
    return Options(coreneuron=gpu or variants.get("coreneuron") is True, gpu=gpu)

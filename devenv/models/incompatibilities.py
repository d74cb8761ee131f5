"""Known incompatibilities, found before anything is built or run."""

from __future__ import annotations

import re

from packaging.version import Version

_MAPPING = re.compile(r"nrnbbcore_register_mapping\(([^()]*)\)")

NEURODAMUS_FILE = "neurodamus/core/coreneuron_configuration.py"
"""Below the folder that holds the package: where neurodamus calls what CoreNEURON changed."""


def coreneuron_notes(neuron: str, neurodamus: str) -> tuple[str, ...]:
    """What will fail when a model is run by CoreNEURON, in words.

    neuron: its version. neurodamus: the text of NEURODAMUS_FILE, empty where there is none.

    Measured: neurodamus 4.2 hands nrnbbcore_register_mapping six arguments, the offsets of the
    electrodes last. NEURON 9.1 takes them so; 9.0 takes their number there, and ends the run.
    """
    calls = _MAPPING.findall(neurodamus)
    six = any(len(call.strip().rstrip(",").split(",")) == 6 for call in calls)
    if six and Version(neuron).release[:2] < (9, 1):
        what = (
            f"CoreNEURON of NEURON {neuron} cannot run a simulation of this neurodamus: it calls"
            " nrnbbcore_register_mapping as NEURON 9.1 has it. NEURON itself runs it; CoreNEURON does"
            " with a NEURON 9.1 (--neuron neuron-nightly)"
        )
        return (what,)
    return ()

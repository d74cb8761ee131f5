"""Runs when any Python of the tests starts: with another model's library, ours is not loaded.

Some packages compile mechanisms for their tests, and name them in NRNMECH_LIB_PATH. NEURON fails if a
second library has a mechanism of the same name ("The user defined name already exists").
"""

from __future__ import annotations

import os

OPTIONS = "NEURON_MODULE_OPTIONS"
"""With which the activation makes each ``import neuron`` load the model's library."""

library = os.environ.get("NRNMECH_LIB_PATH", "")
if library and library not in os.environ.get(OPTIONS, ""):
    os.environ.pop(OPTIONS, None)

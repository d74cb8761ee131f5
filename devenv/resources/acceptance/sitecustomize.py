"""Run at the start of every Python in the tests: one that was told of a library gets not ours as well.

Some packages compile mechanisms for their tests, and name them in NRNMECH_LIB_PATH. NEURON ends where a
second library has a mechanism of the same name ("The user defined name already exists").
"""

from __future__ import annotations

import os

OPTIONS = "NEURON_MODULE_OPTIONS"
"""With which the activation makes each ``import neuron`` load the model's library."""

library = os.environ.get("NRNMECH_LIB_PATH", "")
if library and library not in os.environ.get(OPTIONS, ""):
    os.environ.pop(OPTIONS, None)

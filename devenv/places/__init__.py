"""How a command becomes ranks: one small pure function for each launcher."""

from __future__ import annotations

from devenv.core.machine import HostFacts, Mpi
from devenv.places.choice import LAUNCHERS, SCHEDULERS, choose, launch
from devenv.places.facts import Batch, Launcher

__all__ = ["LAUNCHERS", "SCHEDULERS", "Batch", "HostFacts", "Launcher", "Mpi", "choose", "launch"]

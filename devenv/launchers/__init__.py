"""How a command becomes ranks: one small pure function for each launcher."""

from __future__ import annotations

from devenv.core.machine import HostFacts, Mpi
from devenv.launchers.choice import LAUNCHERS, SCHEDULERS, choose, launch
from devenv.launchers.facts import Batch, Launcher

__all__ = ["LAUNCHERS", "SCHEDULERS", "Batch", "HostFacts", "Launcher", "Mpi", "choose", "launch"]

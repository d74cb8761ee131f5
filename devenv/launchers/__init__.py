"""How a command becomes ranks: one small pure function for each launcher."""

from __future__ import annotations

from devenv.launchers.choice import LAUNCHERS, SCHEDULERS, choose, launch
from devenv.launchers.facts import Batch, HostFacts, Launcher, Mpi

__all__ = ["LAUNCHERS", "SCHEDULERS", "Batch", "HostFacts", "Launcher", "Mpi", "choose", "launch"]

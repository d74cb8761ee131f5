"""How a command becomes ranks: one small pure function for each launcher."""

from __future__ import annotations

from devenv.launchers.choice import LAUNCHERS, choose, launch
from devenv.launchers.facts import HostFacts, Launcher, Mpi

__all__ = ["LAUNCHERS", "HostFacts", "Launcher", "Mpi", "choose", "launch"]

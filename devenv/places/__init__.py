"""Places where a command runs: here, on ranks, in a job step or a job. Each is a small pure module."""

from __future__ import annotations

from devenv.core.machine import HostFacts, Mpi
from devenv.places.choice import PLACES, QUEUES, choose, launch, queue_named
from devenv.places.place import Place, Queue

__all__ = [
    "PLACES",
    "QUEUES",
    "HostFacts",
    "Mpi",
    "Place",
    "Queue",
    "choose",
    "launch",
    "queue_named",
]

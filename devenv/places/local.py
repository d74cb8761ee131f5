"""No launcher: a plain process, or that of the current rank inside a job step."""

from __future__ import annotations

from devenv.core.launch import Launch, LaunchRequest
from devenv.core.machine import HostFacts
from devenv.core.mpi import FLAVOURS
from devenv.places.place import Queue

QUEUE: Queue | None = None


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
    """Unmet for more than one rank, unless the current job step has started them already."""
    if request.ranks in (0, 1, facts.step):
        return ()
    return (
        (
            f"{request.ranks} ranks cannot be started without an MPI launcher",
            f"Install Open MPI (Debian: apt-get install {FLAVOURS['openmpi'].packages}), or omit -n.",
        ),
    )


def command(request: LaunchRequest, facts: HostFacts) -> Launch:  # noqa: ARG001 - as every launcher
    """The argv, unchanged."""
    return Launch(request.argv, "local", "")

"""PBS, with a site's wrapper that runs a command in a job and waits for it (such as NCAR's qcmd).

PBS has no equivalent of srun: inside a job, mpirun starts the ranks. Source: qsub(1B) of PBS
Professional.
"""

from __future__ import annotations

from devenv.core.launch import Launch, LaunchRequest
from devenv.core.machine import HostFacts
from devenv.places import mpi, pbs_queue
from devenv.places.pbs_queue import options
from devenv.places.place import Queue

QUEUE: Queue | None = pbs_queue


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
    """Unmet without PBS; outside a job, without a wrapper; and as for mpirun."""
    if facts.scheduler != "pbs":
        return (("there is no PBS here", "Omit it, or log in to the cluster."),)
    wrapper = () if pbs_queue.foreground(facts) else (_NO_WRAPPER,)
    return (*wrapper, *(mpi.unmet(request, facts) if request.mpi and request.ranks > 1 else ()))


_NO_WRAPPER = (
    "PBS has no command that runs something in a job and waits for it",
    "Name the site's own: devenv config set pbs_wrapper qcmd; or submit a job: devenv submit",
)


def command(request: LaunchRequest, facts: HostFacts) -> Launch:
    """``WRAPPER OPTIONS -- mpirun -n RANKS argv``; inside a job, only the mpirun."""
    ranked = request.mpi and request.ranks > 1
    inner = mpi.command(request, facts) if ranked else Launch(request.argv, "pbs", "")
    if facts.allocation:
        return Launch(inner.argv, "pbs", "", inner.env)
    # The wrapper may not pass variables on, so they are part of the argv.
    argv = (*facts.wrapper, *options(request.ranks, request.resources), "--", *inner.prefix)
    return Launch(argv, "pbs", "", queued=True)

"""PBS: a site's wrapper that runs a command in a job and waits for it (such as NCAR's qcmd).

PBS itself has no srun: inside a job mpirun starts the ranks. Source: qsub(1B) of PBS Professional.
"""

from __future__ import annotations

from devenv.core.launch import Launch, LaunchRequest, Resources
from devenv.core.machine import HostFacts
from devenv.places import mpi


def unmet(request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
    """PBS and, outside a job, a wrapper that waits; and all that mpirun needs."""
    if facts.scheduler != "pbs":
        return (("there is no PBS here", "Leave --launcher pbs out, or log in to the cluster."),)
    wrapper = () if facts.allocation or facts.wrapper else (_NO_WRAPPER,)
    return (*wrapper, *(mpi.unmet(request, facts) if request.mpi and request.ranks > 1 else ()))


_NO_WRAPPER = (
    "PBS has no command that runs something in a job and waits for it",
    "Name the site's own: devenv config set pbs_wrapper qcmd; or hand a job in: devenv submit",
)


def command(request: LaunchRequest, facts: HostFacts) -> Launch:
    """``WRAPPER OPTIONS -- mpirun -n RANKS argv``; inside a job the mpirun alone."""
    ranked = request.mpi and request.ranks > 1
    inner = mpi.command(request, facts) if ranked else Launch(request.argv, "pbs", "")
    if facts.allocation:
        return Launch(inner.argv, "pbs", "", inner.env)
    # The wrapper may not hand variables on, so that they go in the argv.
    argv = (*facts.wrapper, *options(request.ranks, request.resources), "--", *inner.prefix)
    return Launch(argv, "pbs", "", queued=True)


def options(ranks: int, asked: Resources) -> tuple[str, ...]:
    """qsub's options. A constraint is a resource of the select statement (``cpu_type=milan``)."""
    words = (
        ("-A", asked.account),
        ("-q", asked.partition),
        ("-l", f"walltime={asked.time}" if asked.time else ""),
        ("-l", _select(max(ranks, 1), asked)),
        ("-l", "place=excl" if asked.exclusive else ""),
    )
    given = (word for option, value in words if value for word in (option, value))
    return (*given, *asked.extra)


def _select(ranks: int, asked: Resources) -> str:
    """``select=CHUNKS:ncpus=…:mpiprocs=…``: a chunk is a node's part; ranks are spread evenly."""
    chunks = asked.nodes or 1
    each = -(-ranks // chunks)
    parts = [f"select={chunks}", f"ncpus={each * (asked.threads or 1)}", f"mpiprocs={each}"]
    parts += [f"ngpus={-(-asked.gpus // chunks)}"] if asked.gpus else []
    return ":".join([*parts, *([asked.constraint] if asked.constraint else [])])

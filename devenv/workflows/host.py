"""devenv host: what launches are decided by."""

from __future__ import annotations

from dataclasses import asdict

from devenv.config.context import Context
from devenv.core.mpi import title
from devenv.core.result import Result
from devenv.places import QUEUES, HostFacts, Mpi
from devenv.places.host import host_facts


def host(context: Context) -> Result:
    """The host's facts, as a launch sees them at this place."""
    facts = host_facts(context, context.settings.pbs_wrapper)
    rows = (
        ("cores", str(facts.cores)),
        ("scheduler", _scheduler(facts)),
        ("we are", _where(facts)),
        ("mpirun", ", ".join(map(_mpirun, facts.mpi)) or "none in PATH"),
        ("NEURON opens", _library(facts)),
    )
    width = max(len(name) for name, _ in rows)
    lines = tuple(f"{name.ljust(width)}  {value}" for name, value in rows)
    return Result(lines, data=asdict(facts))


def _scheduler(facts: HostFacts) -> str:
    queue = QUEUES.get(facts.scheduler)
    return queue.described(facts) if queue else "none"


def _where(facts: HostFacts) -> str:
    if facts.step:
        return f"inside a job step of {facts.step} ranks"
    return "inside an allocation" if facts.allocation else "outside of any job"


def _mpirun(found: Mpi) -> str:
    return f"{title(found.flavour)} {found.version} ({found.mpirun})"


def _library(facts: HostFacts) -> str:
    return f"{title(facts.libmpi)}'s library" if facts.libmpi else "no MPI library: none is found"

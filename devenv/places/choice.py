"""Chooses the launcher for a request."""

from __future__ import annotations

from dataclasses import replace

from devenv.core.errors import PreconditionError
from devenv.core.launch import Launch, LaunchRequest
from devenv.core.machine import HostFacts
from devenv.core.names import unknown
from devenv.places import local, mpi, pbs, slurm
from devenv.places.place import Place, Queue

PLACES: dict[str, Place] = {"local": local, "mpi": mpi, "slurm": slurm, "pbs": pbs}
QUEUES: dict[str, Queue] = {name: place.QUEUE for name, place in PLACES.items() if place.QUEUE}

_NO_SPECIAL = ("NEURON_INIT_MPI", "1")


def queue_named(name: str, origin: str) -> Queue:
    """The queue of that name. UsageError for an unknown one. origin: the option that names it."""
    if name not in QUEUES:
        raise unknown("place", name, ("here", *QUEUES), origin)
    return QUEUES[name]


def waits(made: Launch) -> bool:
    """Whether the launch is a job step that may wait in a queue that devenv watches."""
    return made.queued and _steps(made.launcher)


def in_allocation(made: Launch) -> bool:
    """Whether the launch is a job step of the current allocation."""
    return not made.queued and _steps(made.launcher)


def takes_steps(facts: HostFacts, launcher: str) -> bool:
    """Whether a command runs in a job step here. Not with a launcher that starts none."""
    return _steps(facts.scheduler) and not facts.step and launcher in ("", facts.scheduler)


def _steps(name: str) -> bool:
    return name in QUEUES and QUEUES[name].WATCHED


def launch(
    request: LaunchRequest,
    facts: HostFacts,
    override: str = "",
    *,
    origin: str = "--launcher",
    special: bool = True,
) -> Launch:
    """The command for `request`, ready to be executed.

    override: the name of a launcher. origin: the option, variable or file that requests it. special:
    whether the program runs in special, which starts MPI itself; otherwise (--no-special) a variable
    makes NEURON start it. UsageError for an unknown launcher, PreconditionError if the ranks would not
    find each other.
    """
    name, why = choose(request, facts, override, origin)
    made = replace(PLACES[name].command(request, facts), why=why)
    without_special = not special and (name != "local" or facts.step > 0)
    more = (*_threads(request), *((_NO_SPECIAL,) if without_special else ()))
    return replace(made, env=(*made.env, *more))


def _threads(request: LaunchRequest) -> tuple[tuple[str, str], ...]:
    """OMP_NUM_THREADS for the program: no launcher sets it, and srun only reserves the cores."""
    threads = request.resources.threads
    return (("OMP_NUM_THREADS", str(threads)),) if threads else ()


def choose(
    request: LaunchRequest, facts: HostFacts, override: str = "", origin: str = "--launcher"
) -> tuple[str, str]:
    """(name, reason) of the launcher for `request` on this host. Errors as `launch`."""
    if override and override not in PLACES:
        raise unknown("launcher", override, PLACES, origin)
    name, why = _preferred(request, facts, override, origin)
    unmet = PLACES[name].unmet(request, facts)
    if unmet:
        raise PreconditionError.of(unmet)
    return name, why


def _preferred(
    request: LaunchRequest, facts: HostFacts, override: str, origin: str
) -> tuple[str, str]:
    if facts.step:
        # A default from the settings is no request here.
        _refuse_nesting(request, facts, override if origin == "--launcher" else "")
        return "local", f"inside a job step of {facts.step} ranks nothing is nested"
    if override and (origin == "--launcher" or request.ranks):
        return override, f"{origin} asks for it"
    if request.ranks == 0:
        return "local", "no ranks were requested (-n)"
    if facts.scheduler == "slurm":
        where = "inside an allocation" if facts.allocation else "Slurm is here"
        return "slurm", where
    if facts.scheduler == "pbs" and not facts.allocation and facts.wrapper:
        return "pbs", f"PBS is here, with {facts.wrapper[0]}"
    if mpi.matching(facts):
        return "mpi", _why_mpirun(facts)
    if request.ranks == 1:
        return "local", "one rank needs no launcher, and there is no MPI to use"
    return "mpi", f"{request.ranks} ranks were requested"


def _why_mpirun(facts: HostFacts) -> str:
    if facts.scheduler != "pbs":
        return "no scheduler, but an mpirun"
    return "inside a PBS job mpirun starts the ranks" if facts.allocation else "here, not in a job"


def _refuse_nesting(request: LaunchRequest, facts: HostFacts, override: str) -> None:
    asked = request.ranks not in (0, facts.step) or override not in ("", "local")
    if asked:
        what = f"-n {request.ranks}" if request.ranks else f"--launcher {override}"
        raise PreconditionError(
            f"{what} was requested inside a job step that has {facts.step} ranks already",
            fix="Omit it here, or start devenv outside the srun or mpirun.",
        )

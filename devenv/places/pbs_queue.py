"""The batch jobs and the queue of PBS: makes commands and scripts, and parses output. Source: qsub(1B),
qstat(1B)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence

from devenv.core.launch import JobState, LaunchRequest, Resources
from devenv.core.machine import HostFacts
from devenv.places.handed_on import outside

_STATES = {
    "Q": "PENDING",
    "H": "PENDING",
    "W": "PENDING",
    "T": "PENDING",
    "R": "RUNNING",
    "B": "RUNNING",
    "E": "COMPLETING",
    "S": "SUSPENDED",
    "F": "COMPLETED",
    "X": "COMPLETED",
}


WATCHED = False


def foreground(facts: HostFacts) -> bool:
    """Whether a command can run in a job and be waited for: inside a job, or with the site's wrapper."""
    return facts.allocation or bool(facts.wrapper)


def described(facts: HostFacts) -> str:
    """The scheduler and its wrapper, for messages."""
    return f"PBS, runs and waits with {facts.wrapper[0]}" if facts.wrapper else "PBS"


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
    """``select=CHUNKS:ncpus=…:mpiprocs=…``: one chunk for each node, with ranks spread evenly."""
    chunks = asked.nodes or 1
    each = -(-ranks // chunks)
    parts = [f"select={chunks}", f"ncpus={each * (asked.threads or 1)}", f"mpiprocs={each}"]
    parts += [f"ngpus={-(-asked.gpus // chunks)}"] if asked.gpus else []
    return ":".join([*parts, *([asked.constraint] if asked.constraint else [])])


def allocation(request: LaunchRequest) -> tuple[str, ...]:  # noqa: ARG001
    """None: ``qsub -I`` takes no command."""
    return ()


def literal(path: str) -> str:
    """The path, unchanged: PBS substitutes nothing in it."""
    return path


def log_name(array: bool) -> str:
    """The name of a log. PBS substitutes only the index of an array in it."""
    return "^array_index^.log" if array else "job.log"


def header(request: LaunchRequest) -> tuple[str, ...]:
    """The #PBS lines of a script. -V passes the caller's variables to the job, as sbatch does."""
    words = options(request.ranks, request.resources)
    pairs = [
        f"{words[i]} {_word(words[i + 1])}"
        for i in range(0, len(words) - len(request.resources.extra) - 1, 2)
    ]
    lines = [f"-N {request.name}", "-V", "-j oe", f"-o {_word(request.log)}", *pairs]
    lines += [f"-J {request.array}"] if request.array else []
    lines += [f"-W depend=afterok:{':'.join(request.after)}"] if request.after else []
    return tuple(f"#PBS {line}" for line in [*lines, *request.resources.extra])


def _word(text: str) -> str:
    """Quotes a word: qsub splits #PBS lines at blanks, so that a blank could introduce options."""
    return shlex.quote(text) if re.search(r"[\s'\"\\]", text) else text


def submitting(request: LaunchRequest, environ: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG001
    """The variables for `submission`, without those of the current job."""
    return outside(environ)


def submission(script: str) -> tuple[str, ...]:
    """The command that submits a script. `job_of` parses its output."""
    return ("qsub", script)


def job_of(printed: str) -> str:
    """The id: ``123.server`` or ``123[].server``."""
    lines = printed.strip().splitlines()
    return lines[-1].strip() if lines else ""


def listing(users: Sequence[str] = ()) -> tuple[str, ...]:  # noqa: ARG001 - qstat lists all jobs
    """The command that lists the states of all jobs, including those that have ended, for `states`."""
    return ("qstat", "-x", "-f", "-F", "json")


def privacy() -> tuple[str, ...]:
    """None: only the managers of a server can query whether users see the jobs of others."""
    return ()


def hidden(printed: str) -> bool:  # noqa: ARG001 - nothing was asked
    """True: jobs of others may be hidden."""
    return True


def states(printed: str, jobs: Sequence[str]) -> dict[str, JobState]:
    """Job -> its state, from the output of `listing`."""
    known = json.loads(printed).get("Jobs", {}) if printed.strip() else {}
    return {job: _state(job, known[job]) for job in jobs if job in known}


def _state(job: str, said: dict[str, object]) -> JobState:
    letter = str(said.get("job_state", ""))
    code = said.get("Exit_status")
    state = _STATES.get(letter, letter)
    if state == "COMPLETED" and code not in (0, None):
        state = "FAILED"
    reason = str(said.get("comment", "")) if state == "PENDING" else ""
    start = str(said.get("estimated.start_time", ""))
    return JobState(job, state, reason, start, int(str(code)) if code is not None else None)


def never(reason: str) -> bool:
    """Whether a job can never start: ``Can Never Run: Insufficient amount of resource: ncpus``."""
    return reason.startswith("Can Never Run")


def cancel(job: str) -> tuple[str, ...]:
    """The command that ends a job."""
    return ("qdel", job)

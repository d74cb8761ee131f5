"""The batch jobs and the queue of Slurm: makes commands and scripts, and parses output. Source:
sbatch(1), squeue(1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from devenv.core.launch import ALIVE, JobState, LaunchRequest, Resources
from devenv.core.machine import HostFacts
from devenv.places.handed_on import outside

NEVER = frozenset(
    {
        "AccountNotAllowed",
        "AssocMaxCpuPerJobLimit",
        "AssocMaxNodePerJobLimit",
        "AssocMaxWallDurationPerJobLimit",
        "BadConstraints",
        "DependencyNeverSatisfied",
        "InvalidAccount",
        "InvalidQOS",
        "JobHeldAdmin",
        "MaxMemPerLimit",
        "PartitionConfig",
        "PartitionDown",
        "PartitionInactive",
        "PartitionNodeLimit",
        "PartitionTimeLimit",
        "QOSMaxCpuPerJobLimit",
        "QOSMaxNodePerJobLimit",
        "QOSMaxWallDurationPerJobLimit",
        "QOSNotAllowed",
    }
)
"""Reasons for which a job can never start (squeue(1), JOB REASON CODES).

ReqNodeNotAvail is not one: a job may wait for nodes that are drained, or reserved for maintenance.
"""

_OUT = frozenset({"down", "drained", "draining", "fail", "failing", "maint", "unknown"})
"""States of nodes that are out of service until an operator resumes them (sinfo(1), NODE STATE CODES).
"""

_FIELDS = "%i|%T|%r|%S"


def never(reason: str) -> bool:
    """Whether a job that is pending for `reason` can never start. Details may follow a comma."""
    return re.split(r"[,( ]", reason, maxsplit=1)[0] in NEVER


WATCHED = True


def foreground(facts: HostFacts) -> bool:  # noqa: ARG001 - srun always does
    """Whether a command can run in a job and be waited for."""
    return True


def described(facts: HostFacts) -> str:
    """The scheduler and its PMI types, for messages."""
    return f"Slurm ({facts.srun}), PMI: {', '.join(facts.pmi) or 'none'}"


def options(asked: Resources) -> tuple[str, ...]:
    """The options that srun, salloc and sbatch share."""
    words = {
        "--nodes": str(asked.nodes or ""),
        "--cpus-per-task": str(asked.threads or ""),
        "--gpus": str(asked.gpus or ""),
        "--time": asked.time,
        "--account": asked.account,
        "--partition": asked.partition,
        "--constraint": asked.constraint,
        "--comment": asked.comment,
    }
    given = tuple(f"{name}={value}" for name, value in words.items() if value)
    return (*given, *(("--exclusive",) if asked.exclusive else ()), *asked.extra)


def tasks(request: LaunchRequest) -> int:
    """The number of tasks to request: Slurm allocates no more nodes than tasks, even with --nodes."""
    return max(request.ranks, request.resources.nodes, 1)


def allocation(request: LaunchRequest) -> tuple[str, ...]:
    """``salloc -n RANKS … argv``: runs a command in a new allocation.

    Without --kill-command, salloc would wait for the command even after the allocation has ended. An
    interactive shell ignores that signal.
    """
    ranks = ("-n", str(tasks(request)), "--kill-command=TERM")
    return ("salloc", *ranks, *options(request.resources), *request.argv)


def literal(path: str) -> str:
    """A path for the name of a log, escaped so that sbatch substitutes nothing in it."""
    return path.replace("%", "%%")


def log_name(array: bool) -> str:
    """The name of a job's log, with placeholders that sbatch substitutes."""
    return "%A_%a.log" if array else "%j.log"


def header(request: LaunchRequest) -> tuple[str, ...]:
    """The #SBATCH lines of a script."""
    return tuple(f"#SBATCH {_word(word)}" for word in _words(request))


def _words(request: LaunchRequest) -> tuple[str, ...]:
    return (
        f"--ntasks={tasks(request)}",
        f"--job-name={request.name}",
        f"--chdir={request.workdir}",
        f"--output={request.log}",
        *((f"--array={request.array}",) if request.array else ()),
        *_after(request.after),
        *options(request.resources),
    )


def _after(jobs: Sequence[str]) -> tuple[str, ...]:
    """The options to wait for jobs. Without the second, the job would wait forever if one fails."""
    return (f"--dependency=afterok:{':'.join(jobs)}", "--kill-on-invalid-dep=yes") if jobs else ()


def _word(text: str) -> str:
    """Quotes a word: sbatch interprets quotes and backslashes in #SBATCH lines like a shell."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


_ALWAYS = ("ARRAY_INX", "ERROR", "INPUT", "WAIT")
_OTHERWISE = {"TIME": "TIMELIMIT", "MEM": "MEM_PER_NODE"}


def submitting(request: LaunchRequest, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for `submission`, without those of the current job.

    For sbatch, a user's defaults (SBATCH_PARTITION) override the script. So defaults for options of this
    request are left out, and those that would turn the job into an array or redirect its log.
    """
    options = [word.partition("=")[0].lstrip("-").upper() for word in _words(request)]
    names = [_OTHERWISE.get(name, name).replace("-", "_") for name in options]
    said = {f"SBATCH_{name}" for name in (*names, *_ALWAYS)}
    return {name: value for name, value in outside(environ).items() if name not in said}


def submission(script: str) -> tuple[str, ...]:
    """The command that submits a script. `job_of` parses its output."""
    return ("sbatch", "--parsable", script)


def job_of(printed: str) -> str:
    """The id in the output of `submission`: ``ID`` or ``ID;CLUSTER``."""
    lines = printed.strip().splitlines()
    return lines[-1].split(";")[0] if lines else ""


def trial(request: LaunchRequest) -> tuple[str, ...]:
    """The command that reports whether and when a request could start, without starting it."""
    ranks = ("-n", str(tasks(request)))
    return ("srun", "--test-only", *ranks, *options(request.resources), "true")


def estimate(said: str) -> str:
    """The estimated start of the job, from the output of `trial`; empty if there is none."""
    found = re.search(r"to start at (\S+)", said)
    return found[1] if found else ""


def refusal(said: str) -> str:
    """Why the job cannot start, from the output of `trial`."""
    lines = [re.sub(r"^(srun|sbatch|salloc): (error: )?", "", line) for line in said.splitlines()]
    reasons = [re.sub(r"^allocation failure: ", "", line).strip() for line in lines]
    return "; ".join(dict.fromkeys(line for line in reasons if line and line != "No error"))


def watching(*states: str) -> tuple[str, ...]:
    """The command that lists our jobs with their comments, for `found_by`.

    states: of the jobs to list; none: those that have not ended.
    """
    of = ("-t", ",".join(states)) if states else ()
    return ("squeue", "--me", "-h", *of, "-o", f"{_FIELDS}|%k")


def inventory() -> tuple[str, ...]:
    """The command that lists the available resources: partition, time limit, nodes, CPUs per node,
    features, state, and the nodes' state with its reason (``none``)."""
    return ("sinfo", "-h", "-o", "%P %l %D %c %f %a %T %E")


def shown(printed: str) -> tuple[str, ...]:
    """The output of `inventory`, for messages."""
    return tuple(line.rstrip().removesuffix(" none") for line in printed.splitlines())


def out_of_service(printed: str, partition: str) -> str:
    """How many nodes of a partition (empty: the default one) are out of service, and why; empty for
    none.

    printed: the output of `inventory`.
    """
    rows = [line.split(maxsplit=7) for line in printed.splitlines() if line.strip()]
    names = partition.split(",")
    mine = [row for row in rows if row[0].rstrip("*") in names or (not partition and "*" in row[0])]
    out = [row for row in mine if _state(row) in _OUT]
    if not out:
        return ""
    why = ", ".join(sorted({": ".join((_state(row), *_reason(row))) for row in out}))
    some, every = (sum(int(row[2]) for row in some) for some in (out, mine))
    few = f"{some} of its {every} nodes {'is' if some == 1 else 'are'}"
    return f"{'all of its nodes are' if some == every else few} out of service now ({why})"


def _state(row: Sequence[str]) -> str:
    return row[6].rstrip("*~#!%$@^-")


def _reason(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.strip() for word in row[7:] if word.strip() != "none")


def listing(users: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that lists the states of all jobs of some users, including those that have just ended,
    for `states`. users: their numbers; none: only ours.
    """
    # Without job ids: squeue fails on one that Slurm has forgotten.
    whose = f"--user={','.join(users)}" if users else "--me"
    return ("squeue", whose, "-h", "-t", "all", "-o", _FIELDS)


def privacy() -> tuple[str, ...]:
    """The command that reports whether users see the jobs of others, for `hidden`."""
    return ("scontrol", "show", "config")


def hidden(printed: str) -> bool:
    """Whether a site hides jobs from other users (PrivateData in slurm.conf(5))."""
    found = re.search(r"^PrivateData\s*=\s*(\S*)", printed, re.MULTILINE)
    return found is not None and "jobs" in found[1].split(",")


def states(printed: str, jobs: Sequence[str]) -> dict[str, JobState]:
    """Job -> its state, from the output of `listing`. The state of an array is that of its most active
    task; after the end, that of a task that did not complete, if any."""
    found: dict[str, JobState] = {}
    for line in printed.splitlines():
        if line.count("|") < _FIELDS.count("|"):
            continue  # squeue may print the name of a cluster first
        task, state, reason, start = line.split("|", 3)
        job = task.split("_")[0]
        if job not in jobs or (job in found and _rank(found[job].state) <= _rank(state)):
            continue
        # A job that was cancelled while pending keeps its pending reason.
        why = "" if state == "CANCELLED" and not never(reason) else _plain(reason)
        found[job] = JobState(job, state, why, _plain(start) if state == "PENDING" else "")
    return found


def found_by(printed: str, comment: str) -> JobState | None:
    """The job with a comment, from the output of `watching`."""
    for line in printed.splitlines():
        job, state, reason, start, said = (*line.split("|", 4), "", "", "", "")[:5]
        if said == comment:
            return JobState(job, state, _plain(reason), _plain(start))
    return None


def _rank(state: str) -> int:
    order = ("RUNNING", "COMPLETING", "PENDING")
    return order.index(state) if state in order else len(order) + (state == "COMPLETED")


def _plain(text: str) -> str:
    return "" if text in ("None", "N/A", "(null)") else text


def state_of(job: str) -> tuple[str, ...]:
    """The command that reports the state of one job, for `over`."""
    return ("squeue", "-h", "-t", "all", "-j", job, "-o", "%T")


def over(printed: str, errors: str) -> bool:
    """Whether a job has ended or never existed, from the output of `state_of`; False if unclear."""
    states = printed.split()
    return "Invalid job id" in errors or (bool(states) and not ALIVE.intersection(states))


def cancel(job: str) -> tuple[str, ...]:
    """The command that ends a job."""
    return ("scancel", job)

"""A request to run something on ranks, and the resulting command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

from devenv.core.errors import UsageError


@dataclass(frozen=True)
class Resources:
    """Resources to request from a scheduler. Empty or 0: not requested.

    threads: cores per rank. gpus: in all. time: in the scheduler's notation (``1:30:00``). extra:
    further options, passed unchanged. comment: a text to find the job by.
    """

    nodes: int = 0
    threads: int = 0
    gpus: int = 0
    time: str = ""
    account: str = ""
    partition: str = ""
    constraint: str = ""
    exclusive: bool = False
    extra: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class LaunchOptions:
    """The options of a launch as typed. Empty or 0: not given, so the settings apply.

    on: the place where the work is done: here, or a scheduler. launcher: what starts the ranks.
    """

    job: Resources = field(default_factory=Resources)
    launcher: str = ""
    max_wait: str = ""
    on: str = ""

    @property
    def scheduler_options(self) -> tuple[str, ...]:
        """The given options that only a scheduler understands."""
        names = [one.name for one in fields(self.job) if one.name != "threads"]
        return tuple(f"--{name}" for name in names if getattr(self.job, name))


@dataclass(frozen=True)
class LaunchRequest:
    """A request to run argv on `ranks` ranks; 0 for a plain process.

    mpi: whether the ranks communicate. For a batch job: workdir and log, absolute paths (with
    ``%j`` for the job's number); name; array: the tasks in the scheduler's notation (``0-199%8``);
    after: the jobs that must succeed first.
    """

    argv: tuple[str, ...]
    ranks: int = 0
    resources: Resources = field(default_factory=Resources)
    mpi: bool = True
    workdir: str = ""
    log: str = ""
    name: str = ""
    array: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Launch:
    """A command to execute: argv and its variables, the launcher's name and why it was chosen.

    queued: whether it may have to wait for the scheduler.
    """

    argv: tuple[str, ...]
    launcher: str
    why: str
    env: tuple[tuple[str, str], ...] = ()
    queued: bool = False

    @property
    def prefix(self) -> tuple[str, ...]:
        """The argv, with the variables set by ``env``, for callers that can pass only an argv."""
        sets = tuple(f"{name}={value}" for name, value in self.env)
        return (*(("env", *sets) if sets else ()), *self.argv)


@dataclass(frozen=True)
class JobState:
    """The state of a job as its scheduler reports it: PENDING, RUNNING, COMPLETED, …

    exit_code: None if it is not known. start: the estimated start of a waiting job.
    """

    job: str
    state: str
    reason: str = ""
    start: str = ""
    exit_code: int | None = None


WAITING = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "SUSPENDED"})
ALIVE = WAITING | {"RUNNING", "COMPLETING", "STAGE_OUT"}

UNKNOWN = "UNKNOWN"
"""The state of a job whose scheduler cannot be asked."""

_DURATION = re.compile(r"([0-9]+-)?[0-9]+(:[0-9]+){0,2}")
_UNIT = re.compile(r"([0-9]+)\s*([smhd])")
_CLOCK = re.compile(r"[0-9]+(:[0-9]+){0,2}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str, where: str) -> int:
    """The number of seconds in ``90s``, ``10m``, ``2h``, ``1d``, ``H:M:S``, ``M:S`` or a plain
    number.

    UsageError for anything else. where: the origin of the text, for the message.
    """
    unit = _UNIT.fullmatch(text.strip())
    if unit:
        return int(unit[1]) * _SECONDS[unit[2]]
    if _CLOCK.fullmatch(text.strip()):
        total = 0
        for part in text.split(":"):
            total = total * 60 + int(part)
        return total
    raise UsageError(
        f"{text!r} is not a duration ({where})", fix="Write it like 90s, 10m, 2h or 1:30:00."
    )


def checked_time(text: str, where: str) -> str:
    """A job's time limit in Slurm's forms (MIN, MIN:SEC, H:M:S, D-H, D-H:M:S), else UsageError."""
    if text and not _DURATION.fullmatch(text):
        raise UsageError(
            f"{text!r} is not a time limit ({where})",
            fix="Write it as the scheduler does: 30 (minutes), 1:30:00 or 2-12:00:00.",
        )
    return text


def checked_line(text: str, what: str) -> str:
    """`text`, if it can be a line of a batch script; otherwise UsageError that names `what`.

    A line break in it would end the directive, and the rest would be executed.
    """
    if any(ord(letter) < ord(" ") for letter in text):
        raise UsageError(
            f"{what} {text!r} has a line break or another control character in it",
            fix="Take it out: a scheduler cannot be handed such a text.",
        )
    return text

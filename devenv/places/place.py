"""The interfaces of a place where commands run, and of its queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from devenv.core.launch import JobState, Launch, LaunchRequest
from devenv.core.machine import HostFacts


class Queue(Protocol):
    """The jobs of one scheduler: a module with these functions, all pure.

    WATCHED: whether foreground commands are watched while they wait. That needs job steps whose start
    can be estimated and whose job can be found by its comment.
    """

    WATCHED: bool

    def foreground(self, facts: HostFacts) -> bool:
        """Whether a command can run in a job on this host and be waited for."""
        ...

    def described(self, facts: HostFacts) -> str:
        """A description of the scheduler on this host, for messages."""
        ...

    def allocation(self, request: LaunchRequest) -> tuple[str, ...]:
        """The command that runs argv in a new allocation; empty if there is none."""
        ...

    def literal(self, path: str) -> str:
        """A path for the name of a log, escaped so that the scheduler substitutes nothing in it."""
        ...

    def log_name(self, array: bool) -> str:
        """The name of a log, with placeholders that the scheduler substitutes."""
        ...

    def header(self, request: LaunchRequest) -> tuple[str, ...]:
        """The lines of a script with the requested resources."""
        ...

    def submitting(self, request: LaunchRequest, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables for `submission`."""
        ...

    def submission(self, script: str) -> tuple[str, ...]:
        """The command that submits a script."""
        ...

    def job_of(self, printed: str) -> str:
        """The id in the output of `submission`."""
        ...

    def listing(self, users: Sequence[str] = ()) -> tuple[str, ...]:
        """The command that lists the states of jobs. users: their owners' numbers; none: only ours."""
        ...

    def privacy(self) -> tuple[str, ...]:
        """The command that reports whether users see the jobs of others; empty if there is none."""
        ...

    def hidden(self, printed: str) -> bool:
        """Whether users do not see the jobs of others, from the output of `privacy`."""
        ...

    def states(self, printed: str, jobs: Sequence[str]) -> dict[str, JobState]:
        """Job -> state for the known ones of `jobs`, from the output of `listing`."""
        ...

    def never(self, reason: str) -> bool:
        """Whether a job that is pending for this reason can never start."""
        ...

    def cancel(self, job: str) -> tuple[str, ...]:
        """The command that ends a job."""
        ...


class Place(Protocol):
    """One way to start a command: a module with these functions, all pure.

    QUEUE: the jobs of its scheduler; None if it has none.
    """

    QUEUE: Queue | None

    def unmet(self, request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
        """Unmet conditions for its use on this host, as (what, fix) pairs; empty if it can be used."""
        ...

    def command(self, request: LaunchRequest, facts: HostFacts) -> Launch:
        """The argv and its variables. Call it only if `unmet` is empty. It leaves `why` empty."""
        ...

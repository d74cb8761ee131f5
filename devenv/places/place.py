"""Where a command runs, and the queue in front of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from devenv.core.launch import JobState, Launch, LaunchRequest
from devenv.core.machine import HostFacts


class Queue(Protocol):
    """One scheduler's jobs: a module with these functions, all pure.

    WATCHED: whether it starts commands in steps, whose start can be estimated and whose job is found by
    its comment: what runs in the foreground is then watched while it waits.
    """

    WATCHED: bool

    def foreground(self, facts: HostFacts) -> bool:
        """Whether a command can run in a job here and be waited for."""
        ...

    def described(self, facts: HostFacts) -> str:
        """The scheduler for people, as it is here."""
        ...

    def allocation(self, request: LaunchRequest) -> tuple[str, ...]:
        """The command that runs argv in an allocation of its own; empty: there is none such."""
        ...

    def literal(self, path: str) -> str:
        """A path as part of a log's name, of which the scheduler is to complete nothing."""
        ...

    def log_name(self, array: bool) -> str:
        """The name of a log, with what the scheduler completes in it."""
        ...

    def header(self, request: LaunchRequest) -> tuple[str, ...]:
        """The lines of a script that say what is asked for."""
        ...

    def submitting(self, request: LaunchRequest, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables with which `submission` is called."""
        ...

    def submission(self, script: str) -> tuple[str, ...]:
        """The command that submits a script."""
        ...

    def job_of(self, printed: str) -> str:
        """The id in what `submission` printed."""
        ...

    def listing(self, users: Sequence[str] = ()) -> tuple[str, ...]:
        """The command that lists the states of the jobs of these users, by number; none: ours."""
        ...

    def privacy(self) -> tuple[str, ...]:
        """The command that reports whether users see the jobs of others; empty: there is none."""
        ...

    def hidden(self, printed: str) -> bool:
        """Whether they do not, from what `privacy` printed."""
        ...

    def states(self, printed: str, jobs: Sequence[str]) -> dict[str, JobState]:
        """Those of `jobs` that are known, from what `listing` printed."""
        ...

    def never(self, reason: str) -> bool:
        """Whether a job that waits for this reason can never start."""
        ...

    def cancel(self, job: str) -> tuple[str, ...]:
        """The command that ends a job."""
        ...


class Place(Protocol):
    """One way to get a command to where it runs: a module with these, and no effects.

    QUEUE: the jobs of its scheduler; None: it has none.
    """

    QUEUE: Queue | None

    def unmet(self, request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
        """What stands against it here, as (what, fix) pairs; empty: it can be used."""
        ...

    def command(self, request: LaunchRequest, facts: HostFacts) -> Launch:
        """The argv and its variables. Call it only where `unmet` is empty; `why` is left empty."""
        ...

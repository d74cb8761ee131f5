"""What every launcher, and every scheduler of batch jobs, can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from devenv.core.launch import JobState, Launch, LaunchRequest
from devenv.core.machine import HostFacts


class Launcher(Protocol):
    """One way to start ranks: a module with these functions. Both are pure."""

    def unmet(self, request: LaunchRequest, facts: HostFacts) -> tuple[tuple[str, str], ...]:
        """What stands against it here, as (what, fix) pairs; empty: it can be used."""
        ...

    def command(self, request: LaunchRequest, facts: HostFacts) -> Launch:
        """The argv and its variables. Call it only where `unmet` is empty; `why` is left empty."""
        ...


class Batch(Protocol):
    """One scheduler's batch jobs: a module with these functions, all pure."""

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
        """The command that hands a script in."""
        ...

    def job_of(self, printed: str) -> str:
        """The id in what `submission` printed."""
        ...

    def listing(self, users: Sequence[str] = ()) -> tuple[str, ...]:
        """The command that tells the states of the jobs of these users, by number; none: ours."""
        ...

    def privacy(self) -> tuple[str, ...]:
        """The command that tells whether users see the jobs of others; empty: there is none."""
        ...

    def hidden(self, printed: str) -> bool:
        """Whether they do not, from what `privacy` printed."""
        ...

    def states(self, printed: str, jobs: Sequence[str]) -> dict[str, JobState]:
        """Those of `jobs` that are known, from what `listing` printed."""
        ...

    def never(self, reason: str) -> bool:
        """Whether a job that waits for this reason waits in vain."""
        ...

    def cancel(self, job: str) -> tuple[str, ...]:
        """The command that ends a job."""
        ...

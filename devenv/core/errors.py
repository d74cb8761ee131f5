"""Errors: what went wrong, where, and what to do next.

Every error that a user can cause is a DevenvError. The command line prints ``str(error)`` and exits
with ``error.code``; nothing else in the project ends the process.
"""

from __future__ import annotations

from collections.abc import Sequence


class DevenvError(Exception):
    """Base of all errors that the user can fix.

    what: one sentence that names the thing and the place.
    fix: what to do next, as a sentence or a command; it ends the message.
    """

    code = 1

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.what}\n  {self.fix}" if self.fix else self.what


class UsageError(DevenvError):
    """An argument, key or name that is not valid (exit code 2)."""

    code = 2


class MissingPythonError(UsageError):
    """No interpreter of the machine is the requested one."""


class PreconditionError(DevenvError):
    """The machine lacks something (exit code 3). The message lists everything that is missing."""

    code = 3

    @classmethod
    def of(cls, unmet: Sequence[tuple[str, str]]) -> PreconditionError:
        """From (what, fix) pairs, at least one."""
        if len(unmet) == 1:
            return cls(unmet[0][0], fix=unmet[0][1])
        lines = "\n".join(f"  - {what}\n    {fix}" for what, fix in unmet)
        return cls(f"{len(unmet)} things are missing:\n{lines}")


class StepError(DevenvError):
    """A command of a plan failed (exit code 4). log: the file with its whole output."""

    code = 4

    def __init__(self, what: str, *, fix: str = "", log: str = "", returncode: int = 1) -> None:
        super().__init__(what, fix=fix or (f"The whole output is in {log}" if log else ""))
        self.log = log
        self.returncode = returncode


class UnreachableError(DevenvError):
    """A repository or an index could not be reached (exit code 5)."""

    code = 5


class CommitError(DevenvError):
    """A commit of ``run --ref`` cannot be built (exit code 125, which ``git bisect run`` skips)."""

    code = 125


class StateError(DevenvError):
    """The files on disk are not what the command needs: missing, stale, in use (exit code 6)."""

    code = 6


class PlaceError(StateError):
    """A path cannot be used where it stands. elsewhere: the fix where it is not in $DEVENV_HOME."""

    def __init__(self, what: str, place: str, fix: str, elsewhere: str) -> None:
        super().__init__(what, fix=fix)
        self.place = place
        self.in_home, self.elsewhere = fix, elsewhere

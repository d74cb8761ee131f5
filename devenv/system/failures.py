"""Errors of commands that failed, with the reason and the last lines of output."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath

from devenv.core.errors import StepError
from devenv.system.redaction import redacted, redacted_words


def decoded(output: bytes) -> str:
    """Output as text that can always be printed; bytes that are not UTF-8 become \\x escapes."""
    return output.decode("utf-8", "backslashreplace")


_ERROR = re.compile(r"\b(error|fatal|failed|cannot|no such|undefined|not found)\b", re.IGNORECASE)
NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|Out of diskspace", re.I)
"""Messages of the C library and of git."""
_FULL = "The disk is full: free some space there, or set DEVENV_HOME (or TMPDIR) to another disk."
_TAIL = 12


def failure(
    argv: Sequence[str],
    returncode: int,
    lines: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    title: str = "",
    log: str = "",
) -> StepError:
    """The error of a command that failed.

    It shows the last lines of output and, before them, the first line that mentions an error. title: the
    purpose of the command.
    """
    kept = [redacted(line.rstrip(), environ) for line in lines if line.strip()]
    tail = kept[-_TAIL:]
    first = next((line for line in kept if _ERROR.search(line)), None)
    shown = tail if first is None or first in tail else [first, "…", *tail]
    what = f"{title or PurePath(argv[0]).name} failed ({ended(returncode)})"
    shown = [*shown, f"the command was: {shlex.join(redacted_words(argv, environ))}"]
    return StepError(
        "\n    ".join([f"{what}:", *shown]),
        fix=_FULL if any(NO_SPACE.search(line) for line in kept) else "",
        log=log,
        returncode=shell_code(returncode),
    )


def ended(returncode: int) -> str:
    """How a process ended, in words."""
    if returncode >= 0:
        return f"exit code {returncode}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-returncode).name}"
    return f"killed by signal {-returncode}"


def shell_code(returncode: int) -> int:
    """The exit code as a shell reports it: 128 + the signal that ended the process."""
    return returncode if returncode >= 0 else 128 - returncode

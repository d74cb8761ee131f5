"""How a command ended, in words: the error that names its reason and its last lines."""

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
    """As text; bytes that are not UTF-8 stay visible as such, and can be printed anywhere."""
    return output.decode("utf-8", "backslashreplace")


_ERROR = re.compile(r"\b(error|fatal|failed|cannot|no such|undefined|not found)\b", re.IGNORECASE)
NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|Out of diskspace", re.I)
"""In the words of the C library, and in git's."""
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

    It says the first line of its output that speaks of an error, and its last lines where that is
    not among them. title: what the command was for.
    """
    kept = [redacted(line.rstrip(), environ) for line in lines if line.strip()]
    tail = kept[-_TAIL:]
    first = next((line for line in kept if _ERROR.search(line)), None)
    told = tail if first is None or first in tail else [first, "…", *tail]
    what = f"{title or PurePath(argv[0]).name} failed ({ended(returncode)})"
    shown = [*told, f"the command was: {shlex.join(redacted_words(argv, environ))}"]
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
    """The exit code as a shell gives it: 128 + the signal that ended the process."""
    return returncode if returncode >= 0 else 128 - returncode

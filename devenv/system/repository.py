"""What every call of git is made with, and what its failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from devenv.core.errors import DevenvError, StateError, UnreachableError
from devenv.system.failures import NO_SPACE
from devenv.system.redaction import redacted

SETTINGS = {
    "GIT_TERMINAL_PROMPT": "0",  # a question for a password would wait unseen for ever
    "GIT_OPTIONAL_LOCKS": "0",  # looking at a repository does not write its index
    "LC_ALL": "C",  # what git says is read
}

_OF_A_HOOK = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""Set where a git hook calls devenv, these would turn every command of ours to that repository."""

_FATAL = ("fatal:", "error:", "remote: fatal:", "remote: error:", "ssh:")


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` as git gets it from us."""
    return {k: v for k, v in environ.items() if k not in _OF_A_HOOK} | SETTINGS


def leave_hook() -> None:
    """Drop what a hook set from this process: GitPython hands on all variables, and takes none out."""
    for name in _OF_A_HOOK:
        os.environ.pop(name, None)


def reason(stderr: str) -> str:
    """Why git failed, in one line and without secrets.

    The first line that it calls fatal: what follows ("early EOF", "remote end hung up") comes of it.
    """
    # GitPython gives the output as "stderr: '…'".
    text = stderr.strip().removeprefix("stderr: '").removesuffix("'")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(_FATAL)]
    line = next(iter(fatal or lines), "git gave no reason")
    for prefix in ("remote: ", "fatal: ", "error: "):
        line = line.removeprefix(prefix)
    # "unable to access 'URL': why": every message of ours names the address already.
    return redacted(re.sub(r"^unable to access '[^']*': ", "", line), os.environ)


def unreachable(url: str, stderr: str) -> DevenvError:
    """The error for a repository that could not be had."""
    shown, why = redacted(url, os.environ), reason(stderr)
    return disk_full(url, stderr) or UnreachableError(
        f"{shown} could not be reached: {why}",
        fix="Check the address, the network and your rights to it.",
    )


def disk_full(url: str, stderr: str) -> StateError | None:
    """The error for a clone that the disk had no room for; None where that was not why git failed."""
    if not NO_SPACE.search(stderr):
        return None
    shown = redacted(url, os.environ)
    return StateError(f"{shown} cannot be cloned: the disk is full", fix="Free some space there.")

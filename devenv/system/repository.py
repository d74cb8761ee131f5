"""The environment for all calls of git, and the meaning of their failures."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from devenv.core.errors import DevenvError, StateError, UnreachableError
from devenv.system.failures import NO_SPACE
from devenv.system.redaction import redacted

SETTINGS = {
    "GIT_TERMINAL_PROMPT": "0",  # a hidden password prompt would wait for ever
    "GIT_OPTIONAL_LOCKS": "0",  # reading does not write the index
    "LC_ALL": "C",  # its output is parsed
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
"""A git hook sets these: all our commands would use its repository."""

_FATAL = ("fatal:", "error:", "remote: fatal:", "remote: error:", "ssh:")


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with our settings for git."""
    return {k: v for k, v in environ.items() if k not in _OF_A_HOOK} | SETTINGS


def leave_hook() -> None:
    """Remove the variables of a git hook from this process: GitPython passes all variables on."""
    for name in _OF_A_HOOK:
        os.environ.pop(name, None)


def reason(stderr: str) -> str:
    """git's reason for a failure, in one line and without secrets.

    It is the first fatal line; the lines after it ("early EOF", "remote end hung up") are consequences.
    """
    # GitPython gives the output as "stderr: '…'".
    text = stderr.strip().removeprefix("stderr: '").removesuffix("'")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(_FATAL)]
    line = next(iter(fatal or lines), "git gave no reason")
    for prefix in ("remote: ", "fatal: ", "error: "):
        line = line.removeprefix(prefix)
    # "unable to access 'URL': why": our messages contain the address already.
    return redacted(re.sub(r"^unable to access '[^']*': ", "", line), os.environ)


def unreachable(url: str, stderr: str) -> DevenvError:
    """The error for a repository that is not available."""
    shown, why = redacted(url, os.environ), reason(stderr)
    return disk_full(url, stderr) or UnreachableError(
        f"{shown} could not be reached: {why}",
        fix="Check the address, the network and your rights to it.",
    )


def disk_full(url: str, stderr: str) -> StateError | None:
    """The error for a clone that failed because the disk is full; None for other reasons."""
    if not NO_SPACE.search(stderr):
        return None
    shown = redacted(url, os.environ)
    return StateError(f"{shown} cannot be cloned: the disk is full", fix="Free some space there.")

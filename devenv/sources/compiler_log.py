"""Explains the failed build of a dev source by the first error of its compiler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devenv.core.errors import StepError
from devenv.sources.compiler_errors import first_error
from devenv.system.failures import NO_SPACE


def explain_failure(error: StepError, what: str, known: Callable[[str], str]) -> StepError:
    """`error` with the first error in its log. what: the build that failed. known: as in `first_error`.

    `error` is returned unchanged if the log has no error in a known form, and if the disk is full, which
    has a fix of its own.
    """
    try:
        output = Path(error.log).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return error
    if NO_SPACE.search(output):
        return error
    found = first_error(output, known)
    if found is None:
        return error
    return StepError(
        f"{what}: {found}",
        fix=f"Correct it. The whole output is in {error.log}",
        log=error.log,
        returncode=error.returncode,
    )

"""devenv report, and the report that a command leaves when it ends."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from devenv.config.context import Context
from devenv.core.errors import PreconditionError, UsageError
from devenv.core.report import Report
from devenv.core.report_page import duration
from devenv.core.result import Result, Table
from devenv.store.reports import PAGE, compose, read_report, reports, write_report
from devenv.system.redaction import redacted_words

REPORTED = (
    *("create", "develop", "build", "run", "test", "sync", "spack setup"),
    *("wheel build", "wheel test", "conda build", "conda test", "_work"),
)
"""The commands that leave a report if they had something to do."""


def keep_report(
    context: Context, words: Sequence[str], begin: float, result: Result, *, code: int, error: str
) -> None:
    """Write the report of a command that has ended; a full disk does not make it fail as well.

    words: as they were typed.
    """
    command = shlex.join(redacted_words(words, context.environ))
    try:
        write_report(context, compose(context, command, begin, result, code=code, error=error))
    except Exception as problem:  # noqa: BLE001 - the work itself is done
        context.say(f"note: the report was not written: {problem}")


def report(context: Context, number: int, *, in_browser: bool) -> Result:
    """The report of that number, 1 for the newest; and what reports there are."""
    found = reports(context)
    if not found:
        raise UsageError(
            "there is no report yet",
            fix="build, test, wheel build, conda build and create write one when they had work to do.",
        )
    if not 1 <= number <= len(found):
        raise UsageError(
            f"there is no report {number}", fix=f"There are {len(found)}; 1 is the newest."
        )
    page = found[number - 1] / PAGE
    if in_browser:
        _open(page.as_uri())
    rows = [(str(at), *_row(read_report(place))) for at, place in enumerate(found, 1)]
    data = {
        "page": str(page),
        "data": str(page.with_name("report.json")),
        "reports": [list(row) for row in rows],
    }
    head = ("NUMBER", "COMMAND", "RESULT", "TIME", "STEPS")
    return Result((str(page),), Table(head, tuple(rows)), data=data)


def _row(report: Report) -> tuple[str, ...]:
    state = "failed" if report.code else "succeeded"
    return (report.command, state, duration(report.end - report.begin), str(len(report.steps)))


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        raise PreconditionError("no web browser was found", fix=f"Open it yourself: {address}")

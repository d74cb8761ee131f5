"""A Result as text or JSON, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import typer

from devenv.cli.state import State
from devenv.core.errors import DevenvError, StateError
from devenv.core.result import Finding, Result, Table

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def render(result: Result, as_json: bool = False) -> None:
    """Print the result to standard output and leave with its exit code."""
    _print(_json(result) if as_json else "\n".join(_lines(result)))
    if result.code:
        raise typer.Exit(result.code)


def _print(text: str) -> None:
    """StateError where it cannot be written (a full disk); a closed pipe (``| head``) ends quietly."""
    try:
        sys.stdout.write(f"{text}\n" if text else "")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(error) from None


def unwritten(error: OSError) -> StateError:
    """The error for a standard output that cannot be written, to which nothing is written any more."""
    # What is left in the buffer would fail once more at the end, with a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return StateError(
        f"cannot write to the standard output: {error.strerror}",
        fix="What was asked for is done; only this report of it is lost.",
    )


def _lines(result: Result) -> Iterator[str]:
    yield from result.lines
    if result.table:
        yield from _table(result.table)
    for finding in result.findings:
        yield from _finding(finding)


def _json(result: Result) -> str:
    import json

    return json.dumps(_data(result), indent=2)


def _data(result: Result) -> dict[str, object]:
    data = dict(result.data)
    if result.findings:
        data["findings"] = [asdict(finding) for finding in result.findings]
    return data


def _table(table: Table) -> list[str]:
    rows = [table.header, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.header))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _finding(finding: Finding) -> list[str]:
    lines = [f"{MARKS[finding.severity]:8}{finding.id}: {finding.what}"]
    lines += [f"        {line}" for line in finding.why.splitlines()]
    lines += [f"        -> {line}" for line in finding.fix.splitlines()]
    return lines


def render_code(context: typer.Context, workflow: Callable[[], Result]) -> None:
    """Print shell code; on a terminal, which evaluates nothing, with what to do with it.

    An error is code to evaluate as well: `eval "$(...)"` has the exit code of that code alone.
    """
    terminal = sys.stdout.isatty()
    try:
        result = workflow()
    except DevenvError:
        if not terminal:
            print("false")
        raise
    render(result)
    if terminal:
        print(_how_to_evaluate(context), file=sys.stderr)


def _how_to_evaluate(context: typer.Context) -> str:
    from devenv.workflows.activate import evaluation

    state = context.find_object(State)
    assert state is not None
    line = evaluation(state.typed, context.params["shell"], state.environ.get("SHELL", ""))
    return (
        f"devenv: this is code for your shell; printed, it changes nothing. Evaluate it:\n  {line}"
    )

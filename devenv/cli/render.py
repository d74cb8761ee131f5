"""A Result as text or JSON, and its exit code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import typer

from devenv.cli.colour import coloured, paint
from devenv.cli.state import CURRENT, State
from devenv.cli.tables import laid_out
from devenv.core.errors import DevenvError, StateError
from devenv.core.result import Finding, Result

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def render(result: Result) -> None:
    """Print the result to standard output and leave with its exit code."""
    state = CURRENT.get()
    state.result = result
    if state.as_json:
        # What is empty was a command of the user's own, whose output is on the same stream.
        _print(_json(result, state.command) if result != Result(code=result.code) else "")
    else:
        _print("\n".join(_lines(result, state)))
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


def _lines(result: Result, state: State) -> Iterator[str]:
    on = coloured(sys.stdout, state.environ, state.color)
    yield from result.lines
    if result.table:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        head, *rows = laid_out(result.table, width)
        yield paint(head, "bold", on)
        yield from rows
    for finding in result.findings:
        yield from _finding(finding, on)


def _json(result: Result, command: str) -> str:
    import json

    from devenv.cli.outputs import schema_name

    return json.dumps({"schema": schema_name(command.partition(" ")[2]), **_data(result)}, indent=2)


def _data(result: Result) -> dict[str, object]:
    """What the result has for programs; without that, its lines."""
    data = dict(result.data)
    if not data and result.table:
        data["rows"] = [
            dict(zip(result.table.header, row, strict=True)) for row in result.table.rows
        ]
    data = data or {"lines": list(result.lines)}
    if result.findings:
        data["findings"] = [asdict(finding) for finding in result.findings]
    return data


def _finding(finding: Finding, on: bool) -> list[str]:
    mark = paint(f"{MARKS[finding.severity]:8}", finding.severity, on)
    lines = [f"{mark}{finding.id}: {finding.what}"]
    lines += [f"        {line}" for line in finding.why.splitlines()]
    lines += [f"        -> {line}" for line in finding.fix.splitlines()]
    return [*lines, f"        see {finding.page}"] if finding.page else lines


def render_code(context: typer.Context, workflow: Callable[[], Result]) -> None:
    """Print shell code; on a terminal, which evaluates nothing, with what to do with it.

    An error is code to evaluate as well: `eval "$(...)"` has the exit code of that code alone.
    """
    terminal = sys.stdout.isatty()
    try:
        result = workflow()
    except DevenvError:
        if not (terminal or CURRENT.get().as_json):
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
        f"devenv: this is code for your shell; printed, it changes nothing. Evaluate it:\n  {line}\n"
        "  To have `devenv activate NAME` as it stands in every new shell: devenv shell-setup"
    )

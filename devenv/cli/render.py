"""A Result as text or JSON, and its exit code."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import typer

from devenv.core.result import Finding, Result, Table

MARKS = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def render(result: Result, as_json: bool = False) -> None:
    """Print the result to standard output and leave with its exit code."""
    if as_json:
        print(json.dumps(_data(result), indent=2, ensure_ascii=False))
    else:
        for line in result.lines:
            print(line)
        if result.table:
            print("\n".join(_table(result.table)))
        for finding in result.findings:
            print("\n".join(_finding(finding)))
    sys.stdout.flush()
    if result.code:
        raise typer.Exit(result.code)


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

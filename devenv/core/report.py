"""The report of one call of devenv, as data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from devenv.core.product import Input, changes
from devenv.core.result import Finding, Result, Table
from devenv.core.trace import ProductRecord, StepRecord, Trace

SCHEMA = "devenv.report/1"


@dataclass(frozen=True)
class Report:
    """What one call of devenv did. command: as typed. folder: the working directory.

    begin, end: seconds since the epoch. code: the exit code. error: why it failed; empty if it did
    not. logs: path of a log -> its last lines.
    """

    command: str
    folder: str
    version: str
    begin: float
    end: float
    cores: int
    code: int = 0
    error: str = ""
    lines: tuple[str, ...] = ()
    table: Table | None = None
    findings: tuple[Finding, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    products: tuple[ProductRecord, ...] = ()
    logs: dict[str, str] = field(default_factory=dict)


def with_outcome(report: Report, trace: Trace, result: Result) -> Report:
    """The report with the steps, the products and the result."""
    last = max((step.end for step in trace.steps), default=report.begin)
    return replace(
        report,
        end=max(report.end, last),
        code=report.code or result.code,
        lines=result.lines,
        table=result.table,
        findings=result.findings,
        steps=tuple(trace.steps),
        products=_each_once(trace.products),
    )


def _each_once(products: Sequence[ProductRecord]) -> tuple[ProductRecord, ...]:
    """Each product once: one that was made is found in the store from then on."""
    found: dict[tuple[str, str], ProductRecord] = {}
    for one in products:
        found.setdefault((one.kind, one.key), one)
    return tuple(found.values())


def with_changes(
    products: Sequence[ProductRecord], before: Sequence[ProductRecord]
) -> tuple[ProductRecord, ...]:
    """The products with their changes since those of the same kind and title in an earlier report."""
    past = {(one.kind, one.title): one.inputs for one in before}
    return tuple(
        replace(one, changes=changes(past[one.kind, one.title], one.inputs))
        if (one.kind, one.title) in past
        else one
        for one in products
    )


def report_text(report: Report) -> str:
    """The report as JSON, for `parse_report`."""
    return json.dumps({"schema": SCHEMA, **asdict(report)}, indent=1) + "\n"


def parse_report(text: str) -> Report:
    """The report in a JSON text. ValueError if it contains none, or one of another schema."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data.pop("schema") != SCHEMA:
            raise ValueError("it was written by another version of devenv")
        table = data.pop("table")
        return Report(
            **{
                **data,
                "lines": tuple(data["lines"]),
                "table": table and Table(tuple(table["header"]), tuple(map(tuple, table["rows"]))),
                "findings": tuple(Finding(**one) for one in data["findings"]),
                "steps": tuple(_step(one) for one in data["steps"]),
                "products": tuple(_product(one) for one in data["products"]),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None


def _step(data: dict[str, Any]) -> StepRecord:
    return StepRecord(**{**data, "marks": [(time, text) for time, text in data["marks"]]})


def _product(data: dict[str, Any]) -> ProductRecord:
    inputs = tuple(Input(one["name"], tuple(one["values"]), one["words"]) for one in data["inputs"])
    texts = {name: tuple(data.get(name, ())) for name in ("changes", "needs")}
    return ProductRecord(**{**data, "inputs": inputs, **texts})

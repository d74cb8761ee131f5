"""A report as one HTML page that needs no other file and no network."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from html import escape

from devenv.core.product import Input
from devenv.core.quantity import quantity
from devenv.core.report import Report
from devenv.core.report_graph import report_graph
from devenv.core.result import Table
from devenv.core.timeline import timeline
from devenv.core.trace import ProductRecord, StepRecord

_MANY = 200
"""Steps and products that are shown at once; the others stand in a part that is closed."""

_STATES = ("missing", "made", "cached")
_HASH = re.compile(r"\b[0-9a-f]{32,}\b")


def page(report: Report, style: str, script: str) -> str:
    """The page. style, script: CSS and JavaScript to embed."""
    title = f"{report.command}: {'failed' if report.code else 'succeeded'}"
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{style}</style></head><body><main>",
        *_summary(report),
        *_result(report),
        *_findings(report),
        *_timeline(report),
        *_products(report),
        *_steps(report),
        "</main>",
        f'<script type="application/json" id="logs">{_data(report.logs)}</script>',
        f"<script>{script}</script></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _data(logs: dict[str, str]) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(logs).replace("<", "\\u003c")


def _summary(report: Report) -> Iterator[str]:
    state = "failed" if report.code else "succeeded"
    counts = Counter[str](one.state for one in report.products)
    products = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    facts = {
        "Result": f'<span class="{state}">{state}</span> (exit code {report.code})',
        "Time": duration(report.end - report.begin),
        "Begin": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(report.begin)),
        "Directory": escape(report.folder),
        "Cores": str(report.cores),
        "Steps": str(len(report.steps)),
        "Products": products or "none",
        "devenv": escape(report.version),
    }
    yield f"<h1><code>{escape(report.command)}</code></h1><dl>"
    yield from (f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    yield "</dl>"
    if report.error:
        yield f'<h2 class="failed">Error</h2><pre tabindex="0">{escape(report.error)}</pre>'


def _result(report: Report) -> Iterator[str]:
    if report.lines:
        text = "\n".join(report.lines)
        yield f'<h2>Result</h2><pre tabindex="0">{escape(text)}</pre>'
    if report.table and report.table.rows:
        head = [name.capitalize() for name in report.table.header]
        rows = [[escape(cell) for cell in row] for row in report.table.rows]
        yield f"<h2>{escape(_counts(report.table))}</h2>"
        yield from _table("Results", head, rows)


def _counts(table: Table) -> str:
    """``1 built, 1 failed`` of a table that has states, else the number of its rows."""
    if "state" not in table.header:
        return f"{quantity(table.rows, 'result')}"
    states = Counter(row[table.header.index("state")] for row in table.rows)
    return ", ".join(f"{number} {state}" for state, number in sorted(states.items()))


def _findings(report: Report) -> Iterator[str]:
    if not report.findings:
        return
    yield "<h2>Findings</h2>"
    rows = [
        [
            f'<span class="{one.severity}">{one.severity}</span>',
            escape(one.id),
            "<br>".join(escape(text) for text in (one.what, one.why, one.fix) if text),
        ]
        for one in report.findings
    ]
    yield from _table("Findings", ["Severity", "Check", "Finding"], rows)


def _timeline(report: Report) -> Iterator[str]:
    if report.steps:
        yield "<h2>Timeline</h2><p>A row for each core in use. Select a step for its log.</p>"
        yield timeline(report)


def _products(report: Report) -> Iterator[str]:
    if not report.products:
        return
    yield "<h2>Products</h2><p>A product is made once and kept under the hash of its inputs.</p>"
    yield report_graph(report.products)
    head = ["Product", "State", "Why", "Size", "Key and inputs"]
    order = sorted(report.products, key=lambda one: _STATES.index(one.state))
    rows = [_product(one) for one in order]
    yield from _table("Products", head, rows[:_MANY])
    if rows[_MANY:]:
        yield f"<details><summary>{len(rows) - _MANY} more products</summary>"
        yield from _table("More products", head, rows[_MANY:])
        yield "</details>"


def _product(one: ProductRecord) -> list[str]:
    inputs = "".join(f"<dt>{escape(i.name)}</dt><dd>{escape(_words(i))}</dd>" for i in one.inputs)
    key = f"<code>{escape(one.key[-12:])}</code>"
    shown = f"<details><summary>{key}</summary><dl class='inputs'>{inputs}</dl></details>"
    return [
        f"{escape(one.title)}<br><small>{escape(one.kind)}</small>",
        f'<span class="{one.state}">{one.state}</span>',
        _why(one),
        size(one.size),
        shown if inputs else key,
    ]


def _why(one: ProductRecord) -> str:
    if one.state == "cached":
        return "a store has it under this key"
    changed = "".join(f"<li>{escape(_short(change))}</li>" for change in one.changes)
    return f"changed:<ul>{changed}</ul>" if changed else "no store had it under this key"


def _words(one: Input) -> str:
    return _short(one.words or " ".join(one.values))


def _short(text: str) -> str:
    """The text with its hashes shortened, as git shows them."""
    return _HASH.sub(lambda found: found[0][:10], text)


def _table(caption: str, head: list[str], rows: list[list[str]]) -> Iterator[str]:
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
    yield f"<thead><tr>{cells}</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"


def _steps(report: Report) -> Iterator[str]:
    if not report.steps:
        return
    yield "<h2>Steps</h2><p>The longest first, with their commands and logs.</p>"
    yield '<p><label>Filter <input id="filter" type="search"></label></p><div id="steps">'
    order = sorted(enumerate(report.steps), key=lambda pair: _rank(pair[1]))
    yield from (_step(number, step, report.logs) for number, step in order[:_MANY])
    if order[_MANY:]:
        yield f'<details id="more"><summary>{len(order) - _MANY} more steps</summary>'
        yield from (_step(number, step, report.logs) for number, step in order[_MANY:])
        yield "</details>"
    yield "</div>"


def _rank(step: StepRecord) -> tuple[bool, float]:
    return step.state != "failed", step.begin - step.end


def _step(number: int, step: StepRecord, logs: dict[str, str]) -> str:
    failed = step.state == "failed"
    text = (
        f'<pre tabindex="0">{escape(logs.get(step.log, ""))}</pre>' if failed and step.log else ""
    )
    log = escape(step.log) if not failed and logs.get(step.log) else ""
    marks = [f"<li>{duration(at - step.begin)}: {escape(words)}</li>" for at, words in step.marks]
    notes = f"<ul>{''.join(marks)}</ul>" if marks else ""
    return (
        f'<details class="step" id="step-{number}" data-log="{log}"{" open" if failed else ""}>'
        f'<summary><span class="{step.state}">{step.state}</span> {escape(step.title)}'
        f" <small>{duration(step.end - step.begin)}</small></summary>"
        f'<pre tabindex="0">$ {escape(step.command)}</pre>{notes}{text}</details>'
    )


def duration(seconds: float) -> str:
    """``0.4 s``, ``2 min 5 s``."""
    if seconds < 60:
        return f"{max(seconds, 0):.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def size(count: int) -> str:
    """Bytes for people; empty for none."""
    if not count:
        return ""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"

"""What came of a matrix as one HTML page that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from devenv.products.wheel.built import Built

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0 }
th { border-bottom: 2px solid #888 } td { border-bottom: 1px solid #8884; vertical-align: top }
pre { overflow: auto; max-height: 30rem; background: #8882; padding: .8rem }
.failed, .error { color: #b00020; font-weight: 600 }
.built { color: #0a6b2d } .warning { color: #8a5a00 }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #e6e6e6 } .failed, .error { color: #ff8a80 }
  .built { color: #7ddc9a } .warning { color: #ffcf70 }
}
"""


def page(title: str, built: Sequence[Built], logs: Mapping[str, str], notes: Sequence[str]) -> str:
    """The page. logs: path of a log -> its text, of cells that failed."""
    counts = {state: sum(one.state == state for one in built) for state in _STATES}
    summary = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width"><style>' + _STYLE + "</style>",
        f"<h1>{escape(title)}</h1><p>{escape(summary or 'nothing to build')}</p>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        "<table><thead><tr>" + "".join(f"<th>{name}" for name in _HEADER) + "</thead><tbody>",
        *map(_row, built),
        "</tbody></table>",
        *_findings(built),
        *(_log(one, logs) for one in built if one.state == "failed"),
    ]
    return "\n".join(parts) + "\n"


_STATES = ("built", "cached", "covered", "failed")
_HEADER = ("cell", "state", "seconds", "size", "wheel", "tags", "sha256")


def _row(one: Built) -> str:
    record = one.record
    cells = [escape(one.cell.title), f'<span class="{one.state}">{one.state}</span>']
    if record:
        seconds = f"{record.seconds:.1f}"
        tags = " ".join(sorted({tag.split("-")[2] for tag in record.tags}))
        words = (seconds, f"{record.bytes / 1e6:.2f} MB", record.file, tags, record.sha256[:16])
        cells += map(escape, words)
    return "<tr>" + "".join(f"<td>{cell}" for cell in cells)


def _findings(built: Sequence[Built]) -> list[str]:
    records = {one.record.file: one.record for one in built if one.record}
    rows = [
        f'<tr><td class="{one.severity}">{one.severity}<td>{escape(one.id)}<td>{escape(file)}'
        f"<td>{escape(one.what)}<br>{escape(one.fix or one.why)}"
        for file, record in records.items()
        for one in record.findings
    ]
    if not rows:
        return ["<p>No findings.</p>"] if records else []
    return ["<h2>Findings</h2><table><tbody>", *rows, "</tbody></table>"]


def _log(one: Built, logs: Mapping[str, str]) -> str:
    text = escape(logs.get(one.log, ""))
    return (
        f'<h2 class="failed">{escape(one.cell.title)} failed</h2><pre>{escape(one.error)}</pre>'
        f"<details><summary>The whole output</summary><pre>{text}</pre></details>"
    )

"""The steps of a report over time, as an SVG: a row for each core that is in use."""

from __future__ import annotations

from html import escape

from devenv.core.quantity import quantity
from devenv.core.report import Report
from devenv.core.trace import StepRecord, lanes

_WIDTH = 1000
_ROW = 22
_AXIS = 20


def timeline(report: Report) -> str:
    """The SVG. Each bar has the number of its step, by which the page's script looks it up."""
    span = max(report.end - report.begin, 0.001)
    rows = lanes(report.steps)
    height = (max(rows) + 1) * _ROW + _AXIS
    label = f"{quantity(report.steps, 'step')} in {span:.1f} s on {max(rows) + 1} rows"
    bars = (_bar(report, number, row, span) for number, row in enumerate(rows))
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="Timeline"><svg id="timeline"'
        f' role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {height}">'
        + "".join(bars)
        + _axis(span, height)
        + "</svg></div>"
    )


def _bar(report: Report, number: int, row: int, span: float) -> str:
    step = report.steps[number]
    left, right = (_place(report, at, span) for at in (step.begin, step.end))
    width = max(right - left, 0.5)
    words = f"{step.title} ({step.end - step.begin:.2f} s, {step.state})"
    return (
        f'<rect class="{step.state}" data-step="{number}" x="{left:.2f}" y="{row * _ROW + 1}"'
        f' width="{width:.2f}" height="{_ROW - 3}"><title>{escape(words)}</title></rect>'
        + _marks(report, step, row, span)
    )


def _marks(report: Report, step: StepRecord, row: int, span: float) -> str:
    return "".join(
        f'<line class="mark" x1="{_place(report, at, span):.2f}" x2="{_place(report, at, span):.2f}"'
        f' y1="{row * _ROW + 1}" y2="{row * _ROW + _ROW - 2}"><title>{escape(words)}</title></line>'
        for at, words in step.marks
    )


def _place(report: Report, at: float, span: float) -> float:
    return (at - report.begin) / span * _WIDTH


def _axis(span: float, height: int) -> str:
    places = [(0, "start"), (_WIDTH / 2, "middle"), (_WIDTH, "end")]
    return "".join(
        f'<text x="{x:.0f}" y="{height - 5}" text-anchor="{anchor}">{x / _WIDTH * span:.1f} s</text>'
        for x, anchor in places
    )

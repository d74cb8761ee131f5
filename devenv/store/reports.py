"""The reports of past work: written when a command ends, kept for a while, read by `devenv report`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from devenv import __version__
from devenv.config.context import Context
from devenv.config.resources import resource_folder
from devenv.core.report import Report, parse_report, report_text, with_changes, with_outcome
from devenv.core.report_page import page
from devenv.core.result import Result
from devenv.core.trace import ProductRecord, StepRecord
from devenv.system import files
from devenv.system.cores import cores
from devenv.system.redaction import redacted

PAGE, DATA = "index.html", "report.json"

_KEPT = 20
_LOG = 20_000
"""Bytes of a log that a report holds; of a failed step ten times as many."""
_LOGS = 4_000_000
"""Bytes of all logs in a report."""


def folder(context: Context) -> Path:
    """Where the reports are; `devenv prune` empties it."""
    return context.layout.home / "log" / "reports"


def reports(context: Context) -> list[Path]:
    """The folders of the reports, the newest first."""
    return sorted((one.parent for one in folder(context).glob(f"*/{DATA}")), reverse=True)


def read_report(path: Path) -> Report:
    """The report in a folder; OSError or ValueError where it cannot be read."""
    return parse_report((path / DATA).read_text(encoding="utf-8"))


def compose(
    context: Context, command: str, begin: float, result: Result, *, code: int = 0, error: str = ""
) -> Report:
    """The report of this call. begin: seconds since the epoch."""
    first = min((step.begin for step in context.trace.steps), default=begin)
    report = Report(
        redacted(command, context.environ),
        str(context.cwd),
        __version__,
        min(begin, first),
        time.time(),
        cores(context.environ),
        code,
        error=redacted(error, context.environ),
    )
    report = with_outcome(report, context.trace, result)
    before = _earlier(context)
    sizes = {(one.kind, one.key): one.size for one in before}
    products = tuple(_observed(one, sizes) for one in with_changes(report.products, before))
    return replace(report, products=products, logs=_logs(report.steps))


def write_report(context: Context, report: Report) -> Path:
    """Write the report and remove the oldest ones; its folder."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(report.begin))
    place = folder(context) / f"{stamp}-{os.getpid()}"
    files.write_text(place / PAGE, html(report))
    files.write_text(place / DATA, report_text(report))
    for old in reports(context)[_KEPT:]:
        files.remove(old)
    return place


def html(report: Report) -> str:
    """The page of a report, whole in itself."""
    parts = resource_folder("report")
    style, script = (
        (parts / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")
    )
    return page(report, style, script)


def _earlier(context: Context) -> list[ProductRecord]:
    """What was made in this directory before, the newest last."""
    found: list[ProductRecord] = []
    for place in reversed(reports(context)):
        with suppress(OSError, ValueError):
            report = read_report(place)
            if report.folder == str(context.cwd):
                found += (one for one in report.products if one.state != "missing")
    return found


def _observed(product: ProductRecord, sizes: Mapping[tuple[str, str], int]) -> ProductRecord:
    """With its size; one that was to be made and is not there is missing.

    sizes: of earlier reports. What was made once stays as it is, and has thousands of files.
    """
    place = Path(product.place)
    if not place.exists():
        return replace(product, state="missing")
    known = sizes.get((product.kind, product.key), 0) if product.state == "cached" else 0
    return replace(product, size=known or _size(place))


def _size(place: Path) -> int:
    with suppress(OSError):
        if place.is_file():
            return place.stat().st_size
        paths = (Path(top, name) for top, _, names in os.walk(place) for name in names)
        return sum(path.lstat().st_size for path in paths)
    return 0


def _logs(steps: tuple[StepRecord, ...]) -> dict[str, str]:
    """The logs of the steps, those of failed ones first, until there is too much of them."""
    found: dict[str, str] = {}
    room = _LOGS
    for path, most in _wanted(steps):
        if path in found or room <= 0:
            continue
        found[path] = _tail(Path(path), min(most, room))
        room -= len(found[path])
    return found


def _wanted(steps: tuple[StepRecord, ...]) -> Iterator[tuple[str, int]]:
    order = sorted(steps, key=lambda step: step.state != "failed")
    yield from ((s.log, _LOG * 10 if s.state == "failed" else _LOG) for s in order if s.log)


def _tail(path: Path, most: int) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(path.stat().st_size - most, 0))
        return file.read().decode("utf-8", "replace")
    return ""

"""devenv wheel build."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.plan import Copy, MakeFolder, Plan, RemovePath, Rename, Step, Write
from devenv.core.result import Result, Table
from devenv.products.wheel.built import Built
from devenv.products.wheel.engine import build_all
from devenv.products.wheel.observe_matrix import Ask, Matrix, matrix_of
from devenv.products.wheel.source import source_at
from devenv.store.carry import carry_out, rehearse
from devenv.store.changing import alone, using_store
from devenv.store.reports import compose, html
from devenv.system import files
from devenv.system.outputs import require_directory, require_file


@dataclass(frozen=True)
class WheelBuildRequest:
    """What was typed. source: a directory or URL@REF. output: where the wheels are put. report: an HTML
    page to write."""

    source: str = "."
    ask: Ask = Ask(Path())  # noqa: RUF009 - frozen
    output: Path = Path("wheelhouse")
    report: Path | None = None


def build(context: Context, request: WheelBuildRequest, *, dry_run: bool = False) -> Result:
    """Build every cell that is not in the store, and put all wheels into the output directory.

    Exit code 4 where a cell failed, 1 where a wheel has an error that `devenv wheel check` finds.
    """
    if dry_run:
        return rehearse(context, lambda dry: build(dry, request))
    output, report = context.cwd / request.output, request.report and context.cwd / request.report
    require_directory(output)
    if report:
        require_file(report)
    with using_store(context):
        ask = replace(
            request.ask,
            source=source_at(context, request.source),
            results=tuple(_results(output, report)),
        )
        matrix = matrix_of(context, ask)
        built = build_all(context, matrix)
        deliver(context, built, output)
    result = _result(matrix, built, request.output)
    if report:
        command = f"devenv wheel build {request.source}"
        text = html(compose(context, command, time.time(), result))
        write = Write(str(report), text)
        carry_out(context, Plan("report", (write,)))
    return result


def _results(output: Path, report: Path | None) -> Iterator[Path]:
    """The files of earlier builds: the default place for wheels is in the source."""
    folder = output.resolve()
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.name.endswith((".whl", ".whl.part")))
    if report:
        yield report.parent.resolve() / report.name


def deliver(context: Context, built: Sequence[Built], folder: Path) -> None:
    """Copy the wheels: each is whole, or not there. What is there already is not written again."""
    lock = f"wheelhouse-{digest(str(folder.resolve()))[:12]}"
    with alone(context, lock, f"the wheels in {folder}"):
        _copy(context, built, folder)


def _copy(context: Context, built: Sequence[Built], folder: Path) -> None:
    steps: dict[str, tuple[Step, ...]] = {}
    for one in built:
        if one.path is None or one.record is None:
            continue
        place, part = folder / one.record.file, f"{folder}/.{one.record.file}.part"
        if not place.is_file() or files.digest(place) != one.record.sha256:
            copied = (RemovePath(part), Copy(str(one.path), part), RemovePath(str(place)))
            steps[one.record.file] = (*copied, Rename(part, str(place)))
    if steps:
        flat = tuple(step for copied in steps.values() for step in copied)
        carry_out(context, Plan("copy wheels", (MakeFolder(str(folder)), *flat)))


def _result(matrix: Matrix, built: Sequence[Built], output: Path) -> Result:
    failed = [one for one in built if one.state == "failed"]
    records = {one.record.file: one.record for one in built if one.record}
    findings = tuple(
        replace(finding, what=f"{record.file}: {finding.what}")
        for record in records.values()
        for finding in record.findings
    )
    lines = [f"note: {note}" for note in matrix.notes]
    lines += [f"{one.cell.title} failed:\n{one.error}" for one in failed]
    errors = any(finding.severity == "error" for finding in findings)
    rows = tuple(_row(one) for one in built)
    table = Table(("cell", "state", "seconds", "size", "wheel"), rows) if rows else None
    data = {"output": str(output), "cells": [data_of(one) for one in built]}
    code = 4 if failed else 1 if errors else 0
    return Result(tuple(lines), table, findings, data, code)


def _row(one: Built) -> tuple[str, ...]:
    record = one.record
    seconds = f"{one.seconds:.1f}" if one.seconds else ""
    size = f"{record.bytes / 1e6:.2f} MB" if record else ""
    return (one.cell.title, one.state, seconds, size, record.file if record else one.log)


def data_of(one: Built) -> dict[str, object]:
    """A cell for programs."""
    record = one.record
    return {
        "python": one.cell.interpreter.tag,
        "arch": one.cell.arch,
        "variant": one.cell.variant,
        "image": one.cell.image,
        "key": one.cell.key,
        "state": one.state,
        "log": one.log,
        "error": one.error,
        "wheel": record.file if record else "",
        "sha256": record.sha256 if record else "",
        "tags": list(record.tags) if record else [],
        "bytes": record.bytes if record else 0,
        "seconds": one.seconds,
    }

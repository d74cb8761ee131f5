"""devenv wheel image build, list and push; devenv wheel shell."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import PreconditionError, UsageError
from devenv.core.names import did_you_mean
from devenv.core.plan import MakeFolder, Plan, RemovePath, Run, Step
from devenv.core.result import Result, Table
from devenv.products.wheel import stand_in
from devenv.products.wheel.container_build import CCACHE
from devenv.products.wheel.local_build import ccache_variables
from devenv.products.wheel.matrix import TargetPython, choose
from devenv.products.wheel.observe import elf_of
from devenv.products.wheel.policy import WheelProject, project_of
from devenv.store.carry import carry_out, rehearse
from devenv.system import containers, files
from devenv.system.process import call
from devenv.system.pythons import pythons


@dataclass(frozen=True)
class ImageRequest:
    """What was typed. name: of the image. file: a Dockerfile in place of a Debian release."""

    name: str
    release: str = "bookworm"
    python: str = ""
    packages: tuple[str, ...] = ()
    file: Path | None = None


def image_build(context: Context, request: ImageRequest, *, dry_run: bool = False) -> Result:
    """Make the image, unless it exists as requested."""
    if dry_run:
        return rehearse(context, lambda dry: image_build(dry, request))
    engine = containers.engine(context.environ)
    if request.file:
        return _from_file(context, engine, request, context.cwd / request.file)
    if request.release not in stand_in.GLIBC:
        hint = did_you_mean(request.release, stand_in.GLIBC)
        raise UsageError(f"--debian {request.release}: not a known Debian release", fix=hint)
    copied, compiled = _interpreters(context, request)
    words = [f"{one.tag} {one.version} {one.path}" for one in copied]
    words += [stand_in.COMPILE] if compiled else []
    text = stand_in.dockerfile("", request.release, request.packages, "", compiled)
    key = digest(request.release, text, stand_in.SETUP, *words)
    found = containers.find_image(request.name, engine, context.environ)
    tag = stand_in.tag_of(request.release, os.uname().machine)
    lines = (f"{request.name}: its wheels have tags up to {tag}",)
    if found and found.labels.get(f"{stand_in.LABEL}.key") == key:
        return Result((*lines, "already there"), data={"image": request.name, "built": False})
    folder = context.layout.wheels.root / "images" / key
    steps = _steps(context, engine, request, (copied, compiled), key, folder)
    try:
        carry_out(context, Plan(f"image {request.name}", steps))
    finally:
        if context.dry is None:
            files.remove(folder)
    return Result((*lines, "built"), data={"image": request.name, "built": True})


Interpreters = tuple[tuple[TargetPython, ...], tuple[str, ...]]
"""Those of this machine that are copied, and the tags of those that are compiled in the image."""


def _interpreters(context: Context, request: ImageRequest) -> Interpreters:
    """One that needs a newer glibc than the release has is compiled, if Debian has its source."""
    found = pythons(_without_system(context.environ))
    known = [TargetPython(p.tag, p.version, p.path) for p in found if p.headers]
    chosen = choose(request.python, known, ">=3.9", "on this machine outside of /usr/bin")
    newest = stand_in.GLIBC[request.release]
    unfit = {one: need for one in chosen if (need := _glibc(one)) > _numbers(newest)}
    refused = [(one, need) for one, need in unfit.items() if one.tag not in stand_in.COMPILED]
    if refused:
        fix = (
            f"Choose a newer release, one of {', '.join(stand_in.COMPILED)}, which are compiled in the"
            " image, or a Dockerfile: --file."
        )
        raise PreconditionError.of(
            [
                (
                    f"{one.path} needs glibc {'.'.join(map(str, need))}, {request.release} has {newest}",
                    fix,
                )
                for one, need in refused
            ]
        )
    return tuple(one for one in chosen if one not in unfit), tuple(one.tag for one in unfit)


def _without_system(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with a PATH without /usr/bin: to copy a Python there would copy all of /usr/lib."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    system = {os.path.realpath(folder) for folder in ("/bin", "/usr/bin")}
    kept = [one for one in entries if os.path.realpath(one) not in system]
    return {**environ, "PATH": os.pathsep.join(kept)}


def _glibc(one: TargetPython) -> tuple[int, ...]:
    """The newest glibc that an interpreter and its library need."""
    prefix = Path(one.path).parent.parent
    needed: set[tuple[int, ...]] = {(2, 0)}
    for path in (Path(one.path), *prefix.glob("lib/libpython3*.so.1.0")):
        with path.open("rb") as file:
            elf = elf_of(file, path.name)
        for version in (v for versions in elf.versions.values() for v in versions):
            if re.fullmatch(r"GLIBC_[0-9.]+", version):
                needed.add(_numbers(version.removeprefix("GLIBC_")))
    return max(needed)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _steps(
    context: Context,
    engine: str,
    request: ImageRequest,
    interpreters: Interpreters,
    key: str,
    folder: Path,
) -> tuple[Step, ...]:
    base = f"localhost/devenv-debian:{request.release}"
    steps: tuple[Step, ...] = ()
    if containers.find_image(base, engine, context.environ) is None:
        _check_debootstrap(context)
        root, archive = str(folder / "root"), str(folder / "base.tar")
        imported = Run((engine, "import", archive, base), f"import {base}")
        steps = (*stand_in.base_steps(request.release, root, archive), imported)
    ground = str(folder / "context")
    steps = (RemovePath(str(folder)), MakeFolder(str(folder)), *steps)
    copied, compiled = interpreters
    text = stand_in.dockerfile(base, request.release, request.packages, key, compiled)
    trusted = context.environ.get("PIP_CERT") or context.environ.get("SSL_CERT_FILE") or ""
    return (
        *(*steps, *stand_in.interpreter_steps(copied, ground)),
        *stand_in.image_steps((engine,), ground, text, request.name, trusted),
    )


def _check_debootstrap(context: Context) -> None:
    missing = []
    path = context.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    if not shutil.which("debootstrap", path=path):
        missing.append(("debootstrap was not found", "Debian: apt-get install debootstrap"))
    if os.geteuid() != 0:
        missing.append(("debootstrap needs root's rights", "Run it as root, or use --file."))
    if missing:
        raise PreconditionError.of(missing)


def _from_file(context: Context, engine: str, request: ImageRequest, file: Path) -> Result:
    if not file.is_file():
        raise UsageError(f"{file} is not a file", fix="Name a Dockerfile.")
    # The build itself would wait for a silent registry without a limit; its own commands may be silent.
    pulls = tuple(
        _transfer(context, engine, "pull", *options, name)
        for name, options in _bases(file).items()
        if containers.registry_of(name)
        and containers.find_image(name, engine, context.environ) is None
    )
    argv = (engine, "build", "-f", str(file), "-t", request.name, str(file.parent))
    build = Run(argv, f"build {request.name}")
    carry_out(context, Plan(f"image {request.name}", (*pulls, build)))
    return Result((f"{request.name}: built",), data={"image": request.name, "built": True})


def _bases(file: Path) -> dict[str, tuple[str, ...]]:
    """The images that a Dockerfile starts from, with their --platform; without those that ARG names."""
    text = file.read_text(encoding="utf-8", errors="replace")
    found = re.findall(r"^\s*FROM\s+((?:--\S+\s+)*)(\S+)", text, re.MULTILINE | re.IGNORECASE)
    return {name: tuple(words.split()) for words, name in found if "$" not in f"{words}{name}"}


def image_list(context: Context) -> Result:
    """The images that devenv made, and the newest tag of their wheels."""
    engine = containers.engine(context.environ)
    found = containers.images(engine, f"{stand_in.LABEL}.key", context.environ)
    rows = tuple(
        (
            ", ".join(one.names) or "untagged",
            one.id[:12],
            f"{one.size / 1e6:.0f} MB",
            f"manylinux_{one.labels[f'{stand_in.LABEL}.glibc'].replace('.', '_')}",
        )
        for one in found
    )
    data = {"images": [{"names": list(one.names), "id": one.id} for one in found]}
    if not rows:
        return Result(("no images; make one: devenv wheel image build",), data=data)
    return Result(table=Table(("image", "id", "size", "newest tag"), rows), data=data)


def image_push(context: Context, name: str, target: str, *, dry_run: bool = False) -> Result:
    """Push an image to a registry. target: ``HOST[:PORT]/NAME:TAG``."""
    if dry_run:
        return rehearse(context, lambda dry: image_push(dry, name, target))
    engine = containers.engine(context.environ)
    if containers.find_image(name, engine, context.environ) is None:
        raise containers.missing_image(name, engine)
    if not re.fullmatch(r"[\w.-]+(:\d+)?(/[\w.-]+)+(:[\w.-]+)?", target):
        raise UsageError(f"{target!r} names no image in a registry", fix="Write HOST/NAME:TAG.")
    push = _transfer(context, engine, "push", name, target)
    carry_out(context, Plan(f"push {name}", (push,)))
    return Result((f"{name} is in the registry as {target}",), data={"image": target})


def _transfer(context: Context, engine: str, verb: str, *words: str) -> Run:
    """A step that exchanges an image with a registry. words: the last one names it there."""
    name = words[-1]
    if context.dry is None:
        containers.require_registry(name, context.environ)
    plain = engine == "podman" and containers.is_loopback(name)
    options = ("--tls-verify=false",) if plain else ()
    server = f"the registry {containers.registry_of(name) or name}"
    return Run((engine, verb, *options, *words), f"{verb} {name}", server=server)


def shell(context: Context, image: str, source: Path, command: Sequence[str]) -> int:
    """A shell (or a command) in the image, with the mounts of a build; its exit code."""
    engine = containers.engine(context.environ)
    if containers.find_image(image, engine, context.environ) is None:
        raise containers.missing_image(image, engine)
    folder = (context.cwd / source).resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a directory", fix="Name the project's: --source DIR.")
    project = project_of(folder) if (folder / "pyproject.toml").is_file() else WheelProject()
    ccache = context.layout.wheels.ccache
    files.make_folder(ccache)
    mounts = [f"{folder}:/project", f"{ccache}:{CCACHE}"]
    mounts += [
        f"{one.source}:{one.target}:ro"
        for one in project.config.mounts
        if (context.cwd / one.source).is_dir()
    ]
    variables = {**ccache_variables(CCACHE, "/project"), **project.config.environment}
    terminal = ("-it",) if os.isatty(0) else ()
    argv = (
        *(engine, "run", "--rm", "--pull=never", *terminal, "-w", "/project"),
        *(word for mount in mounts for word in ("-v", mount)),
        *(word for name, value in variables.items() for word in ("-e", f"{name}={value}")),
        *(image, *(command or ("bash",))),
    )
    return call(argv, environ=context.environ)

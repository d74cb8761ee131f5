"""Compiles the modules of a dev source with its own backend, in a copy that is kept."""

from __future__ import annotations

import json
import os
import posixpath
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.resources import resource_file
from devenv.core.errors import PreconditionError, StepError
from devenv.core.plan import Plan
from devenv.sources.compiler_log import explain_failure
from devenv.sources.extension import (
    BUSY,
    NAMES,
    TOOLS,
    ExtensionBuild,
    builder_product,
    extension_product,
    names_digest,
)
from devenv.sources.extension_store import find_compiled, reasons
from devenv.store.carry import announce
from devenv.store.realise import realise
from devenv.system import files, host, index, pythons, snapshot
from devenv.system.index_address import with_index
from devenv.system.leases import sharing
from devenv.system.locks import locked
from devenv.system.repository import environment
from devenv.system.uv import clean, uv_argv


def compile_modules(context: Context, build: ExtensionBuild) -> Path:
    """Build it, in a directory that keeps what was compiled before."""
    announce(
        context,
        Plan(build.package, (), reasons(build)),
        f"its modules are compiled in {build.work}, and the rest follows from them",
    )
    work = Path(build.work)
    lock = context.layout.lock(f"building-{work.name}")
    with sharing(context.layout.store_lock), locked(lock, f"the build of {build.source}"):
        if place := find_compiled(context, build):
            return place  # another process made it meanwhile
        _require_tools(build, context.environ)
        if (work / BUSY).exists():
            # A compiler that was killed may have left half an object with a new time.
            files.remove(work)
        files.make_folder(work)
        inside = snapshot.refresh(Path(build.source), work / "source")
        copy = snapshot.copied(work / "source", inside, Path(build.source))
        build = replace(build, files=copy, inside=str(inside.relative_to(work / "source")))
        _forget_headers(work, names_digest(copy))
        return _realise(context, build)


def _forget_headers(work: Path, names: str) -> None:
    """Compile all of it where files came or went. names: `names_digest` of the copy.

    A backend compiles a file again if a header changed that it included, not if there is now another one
    that the compiler finds first.
    """
    record = work / NAMES
    if not record.is_file() or record.read_text(encoding="utf-8") != names:
        files.remove(work / "build")
        files.write_text(record, names)


def _realise(context: Context, build: ExtensionBuild) -> Path:
    script = str(resource_file("extension/build.py"))
    environ = environment(with_index(clean(context.environ)))
    tools = _builder(context, build, script, environ)
    found = json.loads((tools / TOOLS).read_text(encoding="utf-8"))
    build = replace(build, tools=(tools.name, *found))
    path = os.pathsep.join([str(tools / "bin"), environ.get("PATH", os.defpath)])
    files.remove(build.log)
    product = extension_product(build, script, str(tools), host.ccache(context.environ))
    try:
        place = realise(context, product, environ=lambda: {**environ, "PATH": path})
    except StepError as error:
        files.remove(Path(build.work, BUSY))
        raise _explained(build, error, "does not compile") from None
    files.remove(Path(build.work, BUSY))
    return place


def _builder(
    context: Context, build: ExtensionBuild, script: str, environ: Mapping[str, str]
) -> Path:
    """The Python with the backend. UnreachableError if the index cannot be reached."""
    log = context.layout.home / "log" / f"builder-{Path(build.work).name}.log"
    files.remove(log)
    product = builder_product(build, script, uv_argv(), str(log))
    try:
        return realise(context, product, environ=lambda: environ)
    except StepError as error:
        what = f"the build tools of {build.package}"
        unreached = index.network_failure(what, error.what, context.environ)
        raise unreached or _explained(build, error, "cannot be built") from None


def _require_tools(build: ExtensionBuild, environ: Mapping[str, str]) -> None:
    """PreconditionError with all that is missing to compile it."""
    unmet = []
    if host.compiler(environ) is None:
        fix = "sudo apt-get install g++; or name one: CXX=PATH"
        unmet.append((f"{build.package} is compiled, and no C++ compiler was found", fix))
    if not pythons.has_headers(build.interpreter.path):
        version = ".".join(build.interpreter.version.split(".")[:2])
        unmet.append(
            (
                f"{build.interpreter.path} has no Python.h, which {build.package} is compiled with",
                f"sudo apt-get install python{version}-dev; or choose another Python",
            )
        )
    if build.backend.module == "maturin" and not shutil.which("cargo", path=environ.get("PATH")):
        unmet.append(
            (f"{build.package} is written in Rust, and cargo was not found", "Install Rust.")
        )
    if unmet:
        raise PreconditionError.of(unmet)


def _explained(build: ExtensionBuild, error: StepError, what: str) -> StepError:
    return explain_failure(error, f"{build.package} {what}", lambda path: _in_source(build, path))


def _in_source(build: ExtensionBuild, path: str) -> str:
    """The file of the source for a path in the backend's output; itself if it is none of them."""
    if path == "<string>":  # setuptools executes the text of setup.py
        path = "setup.py"
    for folder in (build.copy, posixpath.join(build.work, "build")):
        full = posixpath.normpath(posixpath.join(folder, path))
        name = posixpath.relpath(full, build.copy)
        if name in build.files:
            return posixpath.join(build.source, name)
    return path

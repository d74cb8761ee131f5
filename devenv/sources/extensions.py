"""The compiled modules of the dev sources of the kind `extension`: found in the store, or built."""

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
from devenv.core.content import digest
from devenv.core.environment import CompiledSource, DevSource
from devenv.core.errors import PreconditionError, StateError, StepError
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Plan, Step, Write
from devenv.core.product import Input, Product, changes
from devenv.sources.backend import BuildFlags, backend_of
from devenv.sources.compiler_errors import first_error
from devenv.sources.described import toml_of
from devenv.sources.extension import (
    BUSY,
    FILES,
    KIND,
    TOOLS,
    VARIABLES,
    ExtensionBuild,
    builder_product,
    content_digest,
    edited,
    extension_product,
    same_settings,
)
from devenv.sources.extension_overlay import entries, link_steps, root_of
from devenv.sources.overlay import Wheel, info_steps
from devenv.sources.overlays import KIND as OVERLAYS
from devenv.sources.overlays import SourceFacts, check_name, facts_step, read_facts
from devenv.store.carry import announce
from devenv.store.realise import is_whole, realise, recorded_inputs
from devenv.system import files, git, host, index, pythons, snapshot
from devenv.system.index_address import with_index
from devenv.system.leases import sharing
from devenv.system.locks import locked
from devenv.system.repository import environment
from devenv.system.uv import clean, uv_argv

_FROM_GIT = ("scm", "versioningit", "versioneer", "dynamic-versioning", "vcs", "dunamai")
"""In the name of a build requirement that takes the version from git."""


def extension_of(
    context: Context,
    source: DevSource,
    state: git.GitState,
    interpreter: Interpreter,
    flags: BuildFlags,
) -> SourceFacts:
    """The overlay of a source with compiled modules; they are compiled if its files changed.

    StepError with the compiler's first error if it does not compile.
    """
    build = _observed(context, source, state, interpreter, flags)
    place = _compiled(context, build) or _compile(context, build)
    return _overlay(context, source, place, build)


def _observed(
    context: Context,
    source: DevSource,
    state: git.GitState,
    interpreter: Interpreter,
    flags: BuildFlags,
) -> ExtensionBuild:
    path = Path(source.path)
    file = path / "pyproject.toml"
    backend = backend_of(toml_of(file) if file.is_file() else {})
    by_git = any(word in one for one in backend.requires for word in _FROM_GIT)
    given = ((name, context.environ.get(name, "")) for name in VARIABLES)
    return ExtensionBuild(
        home=str(context.layout.home),
        package=source.package,
        source=source.path,
        files=snapshot.contents(path),
        backend=backend,
        interpreter=interpreter,
        flags=flags,
        version=state.describe if by_git else "",
        variables=tuple((name, value) for name, value in given if value),
    )


def _made(build: ExtensionBuild) -> list[Path]:
    """The products of the package, the newest first."""
    found = Path(build.home, KIND).glob(f"{build.package}@*/{FILES}")
    return [path.parent for path in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def _compiled(context: Context, build: ExtensionBuild) -> Path | None:
    """The product that was made from what the source says now, whichever Python files differ."""
    for place in _made(build):
        made_from = recorded_inputs(place)
        same = made_from is not None and same_settings(made_from, build)
        if not (made_from and same and is_whole(place, context.suspects)):
            continue
        if not edited(made_from, originals(place), build.files):
            return place
    return None


def _reasons(build: ExtensionBuild) -> tuple[str, ...]:
    """Why it is to be compiled, in words."""
    title = f"compile {build.package}"
    for place in _made(build):
        made_from = recorded_inputs(place)
        if made_from and same_settings(made_from, build):
            names = edited(made_from, originals(place), build.files)
            return tuple(f"{title}: {posixpath.join(build.source, n)} changed" for n in names)
        if made_from and ("source", (build.package, build.source)) in (
            (one.name, one.values) for one in made_from
        ):
            known = {one.name for one in build.settings}
            before = tuple(one for one in made_from if one.name in known)
            return tuple(f"{title}: {one}" for one in changes(before, build.settings))
    return (f"{title}: it was never compiled here",)


def originals(place: Path) -> dict[str, str]:
    """files.json of a product: each file of its wheel -> its original in the source."""
    try:
        found: dict[str, str] = json.loads((place / FILES).read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise StateError(f"{place} is damaged: {error}", fix=f"Remove it: rm -r {place}") from None


def _compile(context: Context, build: ExtensionBuild) -> Path:
    """Build it, in a directory that keeps what was compiled before."""
    announce(
        context,
        Plan(build.package, (), _reasons(build)),
        f"its modules are compiled in {build.work}, and the rest follows from them",
    )
    work = Path(build.work)
    lock = context.layout.lock(f"building-{work.name}")
    with sharing(context.layout.store_lock), locked(lock, f"the build of {build.source}"):
        if place := _compiled(context, build):
            return place  # another process made it meanwhile
        _require_tools(build, context.environ)
        if (work / BUSY).exists():
            # A compiler that was killed may have left half an object with a new time.
            files.remove(work)
        files.make_folder(work)
        inside = snapshot.refresh(Path(build.source), work / "source")
        copy = snapshot.copied(work / "source", inside)
        build = replace(build, files=copy, inside=str(inside.relative_to(work / "source")))
        return _realise(context, build)


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
    log = context.layout.home / "log" / f"builder-{digest(build.work)[:20]}.log"
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
    """The first error in the log, in the user's own file; `error` if there is none of a known form."""
    try:
        output = Path(error.log).read_text("utf-8", "replace")
    except OSError:
        return error
    found = first_error(output, lambda path: _in_source(build, path))
    if found is None:
        return error
    return StepError(
        f"{build.package} {what}: {found}",
        fix=f"Correct it. The whole output is in {error.log}",
        log=error.log,
        returncode=error.returncode,
    )


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


def _overlay(
    context: Context, source: DevSource, place: Path, build: ExtensionBuild
) -> SourceFacts:
    found = originals(place)
    wheel = _wheel(place, tuple(found))
    check_name(source, wheel)
    root = root_of(found)
    inputs = (Input("source", (source.package, source.path)), Input("extension", (place.name,)))

    def steps(staging: str) -> tuple[Step, ...]:
        links = link_steps(entries(found, wheel.dist_info), source.path, str(place), staging)
        info = info_steps(source.path, wheel, staging)
        return (*info, *links, facts_step(source, root, wheel, staging), _refers(place, staging))

    key = digest(*(value for one in inputs for value in one.values))[:20]
    product = Product(OVERLAYS, key, f"the overlay of {source.package}", inputs, steps)
    facts = read_facts(realise(context, product))
    content = content_digest(build.files, found)
    compiled = (source.package, source.kind, source.path, str(place), content, build.work)
    return replace(facts, compiled=CompiledSource(*compiled))


def _refers(place: Path, staging: str) -> Step:
    """For `prune`: the overlay is of no use without the modules."""
    return Write(
        posixpath.join(staging, "extension.yaml"), f"extension: {json.dumps(str(place))}\n"
    )


def _wheel(place: Path, names: tuple[str, ...]) -> Wheel:
    info = next(n.split("/")[0] for n in names if n.endswith(".dist-info/METADATA"))
    texts = {
        name.removeprefix(f"{info}/"): (place / "files" / name).read_text("utf-8", "replace")
        for name in names
        if name.startswith(f"{info}/")
    }
    return Wheel(names, info, texts)


def content_now(compiled: CompiledSource) -> str:
    """The hash of the files that would be compiled now; empty if what was compiled is gone."""
    place = Path(compiled.built)
    if not (place / FILES).is_file():
        return ""
    return content_digest(snapshot.contents(Path(compiled.path)), originals(place))


def edited_file(compiled: CompiledSource) -> str:
    """The first file of the source that is not as it was compiled; empty if that is not known."""
    place = Path(compiled.built)
    made_from = recorded_inputs(place)
    if made_from is None:
        return ""
    names = edited(made_from, originals(place), snapshot.contents(Path(compiled.path)))
    return posixpath.join(compiled.path, names[0]) if names else ""

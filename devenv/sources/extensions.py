"""The dev sources of the kind `extension`: their overlays, and whether they were edited since."""

from __future__ import annotations

import json
import posixpath
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.environment import CompiledSource, DevSource
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Step, Write
from devenv.core.product import Input, Product
from devenv.sources.backend import BuildFlags, backend_of
from devenv.sources.build_variables import build_variables
from devenv.sources.described import toml_of
from devenv.sources.extension import (
    FILES,
    ExtensionBuild,
    content_digest,
    edited,
    files_in,
)
from devenv.sources.extension_build import compile_modules
from devenv.sources.extension_overlay import entries, link_steps, root_of
from devenv.sources.extension_store import find_compiled, originals
from devenv.sources.overlay import Wheel, info_steps
from devenv.sources.overlays import KIND as OVERLAYS
from devenv.sources.overlays import SourceFacts, check_name, facts_step, overlay_of, read_facts
from devenv.store.realise import realise, recorded_inputs
from devenv.system import git, host, snapshot
from devenv.system.uv import clean

_FROM_GIT = ("scm", "versioningit", "versioneer", "dynamic-versioning", "vcs", "dunamai")
"""In the name of a build requirement that takes the version from git."""


def package_overlay(
    context: Context,
    source: DevSource,
    state: git.GitState,
    interpreter: Interpreter,
    flags: BuildFlags,
) -> SourceFacts:
    """The overlay of a Python package; one with compiled modules is compiled if its files changed.

    StepError with the compiler's first error if it does not compile.
    """
    if source.kind != "extension":
        return overlay_of(context, source, state)
    build = _observed(context, source, state, interpreter, flags)
    place = find_compiled(context, build) or compile_modules(context, build)
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
    return ExtensionBuild(
        home=str(context.layout.home),
        package=source.package,
        source=source.path,
        files=snapshot.contents(path),
        backend=backend,
        interpreter=interpreter,
        flags=flags,
        version=state.describe if by_git else "",
        variables=build_variables(path, clean(context.environ)),
        scripts=host.compiler_scripts(context.environ),
        clone=source.clone,
    )


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
    # Of what was compiled, not of what is there now: an edit during the build is still to be compiled.
    content = content_digest(files_in(recorded_inputs(place) or ()), found)
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

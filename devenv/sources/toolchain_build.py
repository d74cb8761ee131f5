"""Compiles a `toolchain`, unless the store has an installation of the clone's present content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import CompiledSource, DevSource
from devenv.core.errors import StateError, StepError
from devenv.core.plan import Plan, RemovePath, Run, Step
from devenv.core.spec import Value
from devenv.sources.compiler_log import explain_failure
from devenv.sources.overlays import SourceFacts
from devenv.sources.toolchain import BuildTools, SourceTree, ToolchainBuild, build_options
from devenv.sources.toolchain_host import requirements_of
from devenv.sources.toolchain_steps import (
    cmake_arguments,
    commands_step,
    configured,
    toolchain_product,
)
from devenv.sources.toolchain_tree import (
    Seen,
    begin_step,
    dependents,
    end_step,
    git_folder,
    inputs_among,
    read_tree,
    require_neuron,
    source_links,
    unnoticed,
)
from devenv.store.carry import carry_out
from devenv.store.realise import is_whole, realise
from devenv.system import host
from devenv.system.cores import cores
from devenv.system.locks import locked
from devenv.system.tools import output_of

_ATTEMPTS = 5


@dataclass(frozen=True)
class BuiltToolchain:
    """A NEURON that was compiled from a clone. place: the installation. packages: the lock of those that
    it was compiled with."""

    place: Path
    version: str
    facts: SourceFacts
    compiled: CompiledSource
    packages: tuple[str, ...] = ()


class _EditedError(StateError):
    """The clone was edited while it was compiled."""


def build_toolchain(
    context: Context, source: DevSource, tools: BuildTools, variants: Mapping[str, Value]
) -> BuiltToolchain:
    """The installation of the clone as it is now, compiled where it is not in the store.

    StepError with the compiler's first error. UsageError for a directory that is not NEURON's source.
    """
    path = Path(source.path)
    require_neuron(path)
    for _ in range(_ATTEMPTS):
        build, seen = _described(context, source, tools, variants)
        try:
            _realise(context, build, seen)
        except _EditedError as error:
            context.say(f"{error.what}; compiling again")
        else:
            return _built(source, build)
    raise StateError(
        f"{path} was edited during each of {_ATTEMPTS} builds",
        fix="Build it when it is not edited: devenv build",
    )


def _described(
    context: Context, source: DevSource, tools: BuildTools, variants: Mapping[str, Value]
) -> tuple[ToolchainBuild, Seen]:
    options = build_options(variants, tuple(tools.mpi))
    home, path = str(context.layout.home), Path(source.path)
    unread = ToolchainBuild(
        home, SourceTree(source.path, {}, (), clone=source.clone), options, tools
    )
    tree, seen = read_tree(path, Path(unread.work))
    return replace(unread, tree=replace(tree, git=git_folder(path), clone=source.clone)), seen


def _realise(context: Context, build: ToolchainBuild, seen: Seen) -> None:
    if is_whole(Path(build.place), context.suspects):
        _note_commands(context, build)
        return
    with _alone(context, build):
        carry_out(context, Plan("source", (*_links(build), *_outdated(context, build, seen))))
        if context.dry is None:
            carry_out(context, begin_step(build.work, build.tree))
        path = context.environ.get("PATH", os.defpath)
        jobs = context.settings.jobs or cores(context.environ)
        product = toolchain_product(build, path, jobs, configure=not _is_configured(build))
        try:
            realise(
                context,
                product,
                retry=lambda _: _require_unedited(build),
                then="the packages beside NEURON are resolved, and the model is built with it",
            )
        except StepError as error:
            what = f"NEURON in {build.tree.path} does not compile"
            raise explain_failure(error, what, lambda file: _in_clone(build, file)) from None
        carry_out(context, end_step(build.work, build.tree, seen))


def _note_commands(context: Context, build: ToolchainBuild) -> None:
    """For its tests, where the installation is of an earlier version or its folder was removed."""
    note = commands_step(build)
    if not Path(note.path).is_file():
        carry_out(context, Plan("source", (*_links(build), note)))


def _outdated(context: Context, build: ToolchainBuild, seen: Seen) -> tuple[Step, ...]:
    """Steps that remove what ninja would keep although it was compiled from another content."""
    names = unnoticed(Path(build.work), seen)
    folder = Path(build.work, "build")
    if not names or not (folder / "build.ninja").is_file():
        return ()
    ninja = (build.tools.ninja, "-C", str(folder), "-t")
    of_cmake = inputs_among(output_of((*ninja, "query", "build.ninja"), context.environ), names)
    outputs, unknown = dependents(output_of((*ninja, "deps"), context.environ), names)
    reconfigure = (RemovePath(configured(build)),) if of_cmake else ()
    if unknown - of_cmake:
        return (*reconfigure, Run((*ninja, "clean"), log=build.log))
    return (*reconfigure, *(RemovePath(str(folder / output)) for output in outputs))


def _alone(context: Context, build: ToolchainBuild) -> AbstractContextManager[None]:
    """Nobody else compiles in its folder within the block."""
    if context.dry is not None:
        return nullcontext()
    lock = context.layout.lock(f"toolchains-{Path(build.work).name}")
    return locked(lock, f"the build of {build.tree.path}")


def _is_configured(build: ToolchainBuild) -> bool:
    file = Path(configured(build))
    ninja = Path(build.work, "build", "build.ninja")
    return (
        file.is_file()
        and ninja.is_file()
        and file.read_text(encoding="utf-8") == "\n".join(cmake_arguments(build))
    )


def _links(build: ToolchainBuild) -> tuple[Step, ...]:
    return source_links(Path(build.work, "src"), build.tree.path, build.tools.replaced)


def _require_unedited(build: ToolchainBuild) -> None:
    tree, _ = read_tree(Path(build.tree.path))
    if tree.content != build.tree.content:
        raise _EditedError(f"{build.tree.path} was edited while it was compiled")


def _in_clone(build: ToolchainBuild, file: str) -> str:
    """The path of a file for people, from what the compiler (in `build`) or CMake calls it."""
    path = os.path.normpath(Path(build.work, "build", file))
    source = f"{build.work}/src/"
    if path.startswith(source):
        return f"{build.tree.path}/{path.removeprefix(source)}"
    own = Path(build.tree.path, file)
    return str(own) if own.is_file() else path


def _built(source: DevSource, build: ToolchainBuild) -> BuiltToolchain:
    place = Path(build.place)
    site = place / "lib" / "python"
    version = host.neuron_version(site)
    facts = SourceFacts(
        package=source.package,
        folder=str(site),
        root=str(site),
        modules=("neuron",),
        version=version,
        requires=requirements_of(Path(source.path)).run,
        entry_points="",
    )
    compiled = CompiledSource(
        *(source.package, source.kind, source.path, str(place), build.tree.content, build.work)
    )
    return BuiltToolchain(place, version, facts, compiled, build.tools.packages)


def with_packages(tools: BuildTools, venv: Path, site: str, lock: tuple[str, ...]) -> BuildTools:
    """`tools` with the virtual environment that holds the packages of the lock."""
    return replace(tools, site=str(venv / site), bins=str(venv / "bin"), packages=lock)

"""Getting the source of a package: a clone, or the source release from the index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Lock
from devenv.core.errors import DevenvError, UnreachableError
from devenv.core.plan import Clone, Plan, Run
from devenv.core.quantity import quantity
from devenv.core.requirements import locked_version
from devenv.core.template import Package
from devenv.sources.address import Address, without_secret
from devenv.store.carry import announce
from devenv.system import archives, files, git
from devenv.system.completion import complete, dangling_links
from devenv.system.release import unpack_release

Acquired = tuple[DevSource, tuple[str, ...]]
"""The source, and notes for people on how it was got."""


_THEN = "what it requires is resolved, and a generation is made with it"


def cloned(
    context: Context,
    lock: Lock | None,
    package: Package,
    path: Path,
    address: Address,
    *,
    or_release: bool,
    branch: str = "",
) -> Acquired:
    """A clone at `path`, which must not be there.

    lock: of the environment that it is for; its release of the package supplies the files of
    submodules that are not available. or_release: use that release if the repository is not available.
    branch: as in `Clone`.
    """
    # NEURON has submodules that most of its builds do not need; which are missing is said then.
    lenient = package.kind == "toolchain"
    step = Clone(address.url, str(path), address.ref, branch=branch, lenient=lenient)
    announce(context, Plan(f"clone {path.name}", (step,)), _THEN)
    try:
        notes = git.clone(step)
    except UnreachableError as error:
        python = package.kind == "python"
        notes = _completed(context, lock, package, step, error) if python else ()
        if not notes and python and or_release:
            source, notes = released(context, lock, package, path, "")
            return source, (f"note: {error.what}; taking the source release instead", *notes)
        if not notes:
            raise
    # A password is git's to keep.
    ref = branch or address.ref
    origin = f"git {without_secret(address.url)}" + (f"@{ref}" if ref else "")
    source = DevSource(package.name, str(path), package.kind, origin)
    return source, tuple(f"note: {note}" for note in notes)


def _completed(
    context: Context, lock: Lock | None, package: Package, step: Clone, error: UnreachableError
) -> tuple[str, ...]:
    """Where only a submodule is not available: the clone without it, completed from the release.

    Notes on what was done; none where that was not the reason, or the release lacks a file too.
    """
    path = Path(step.path)
    partial = path.with_name(f".{path.name}.partial")
    requirement = _release_of(lock, package, "")
    files.remove(partial)
    try:
        notes = git.clone(replace(step, path=str(partial), submodules=False))
        with files.temporary_folder(context.layout.home / "tmp") as scratch:
            archive = archives.download(requirement, scratch, environ=context.environ)
            put = complete(partial, archive)
        if dangling_links(partial):
            return ()
        files.rename(partial, path)
    except DevenvError:
        return ()
    finally:
        files.remove(partial)
    return (*notes, f"{error.what}; {quantity(put, 'file')} of it were taken from {requirement}")


def released(
    context: Context, lock: Lock | None, package: Package, path: Path, version: str
) -> Acquired:
    """A new repository at `path` with the source release in it; version: as `_release_of`."""
    requirement = _release_of(lock, package, version)
    download = Run(("pip", "download", "--no-deps", "--no-binary", ":all:", requirement))
    announce(
        context, Plan(f"download {requirement}", (download,)), f"it is unpacked to {path}; {_THEN}"
    )
    with files.temporary_folder(context.layout.home / "tmp") as scratch:
        archive = archives.download(requirement, scratch, environ=context.environ)
        found = unpack_release(archive, path)
    notes = (f"note: {path} holds the release {found} as one commit with its tag",)
    return DevSource(package.name, str(path), package.kind, f"release {found}"), notes


def _release_of(lock: Lock | None, package: Package, version: str) -> str:
    """The requirement for a release: the requested version, else the one that the environment has."""
    if not version[:1].isdigit():
        version = locked_version(lock.packages if lock else (), package.name)
    return f"{package.name}=={version}" if version else package.name

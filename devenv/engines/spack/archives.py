"""devenv spack sources: fetches with pip the archives that recipes take from the package index."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.plan import Copy, Plan
from devenv.core.result import Result
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.manifest import package_of, version_of
from devenv.engines.spack.observe import read_request
from devenv.engines.spack.setup import require
from devenv.engines.spack.site import mirror_folder, repositories_of
from devenv.engines.spack.sources import Archive, archive_of, suffix_of
from devenv.environment.handle import open_env
from devenv.store.carry import carry_out
from devenv.system import archives, files
from devenv.system import spack as observed


def fetch_sources(context: Context, name: str | None, specs: Sequence[str]) -> Result:
    """Fill the mirror that every build searches first. specs: fetch these instead of all packages.

    UsageError for a version without a recipe; StateError for an archive that does not match its recipe.
    """
    repositories = tuple(repositories_of(context, require(context)).values())
    packages = [_parse_spec(spec) for spec in specs] or _packages_of(context, name)
    available = [
        archive
        for package, version in packages
        if (archive := _archive(repositories, package, version, strict=bool(specs)))
    ]
    fetched = [one for one in available if _fetch(context, one)]
    present = len(available) - len(fetched)
    lines = (
        *(f"{one.requirement}" for one in fetched),
        f"{len(fetched)} fetched, {present} there.",
    )
    data = {"fetched": [one.requirement for one in fetched], "there": present}
    return Result(lines, data=data)


def _parse_spec(spec: str) -> tuple[str, str]:
    package, version = package_of(spec), version_of(spec).removeprefix("=")
    if not package or not version:
        raise UsageError(f"{spec!r} names no version", fix="Write it as py-neurodamus@4.2.9.")
    return package, version


def _packages_of(context: Context, name: str | None) -> list[tuple[str, str]]:
    """(package, version) of the packages to build in the lock; without a lock, of the roots."""
    env = open_env(context, name)
    _, lock = env.in_use
    if lock:
        root = env.layout.spack / lock.inputs
        path = root / "spack.lock"
        if path.exists():
            nodes = read_spack_lock(path.read_text(encoding="utf-8"), str(path)).nodes.values()
            return [(n.name, n.version) for n in nodes if not n.external and not n.dev]
    specs = read_request(env, env.request, lock).top["specs"]
    roots = [(package_of(spec), version_of(spec).removeprefix("=")) for spec in specs]
    return [(package, version) for package, version in roots if version]


def _archive(
    repositories: Sequence[str], package: str, version: str, *, strict: bool
) -> Archive | None:
    text = observed.recipe(repositories, package)
    archive = archive_of(text, version) if text else None
    if strict and archive is None:
        raise UsageError(
            f"no recipe takes {package} {version} from the package index",
            fix=f"See what there is: devenv spack exec -- info {package}",
        )
    return archive


def _fetch(context: Context, archive: Archive) -> bool:
    """Fetch an archive into the mirror. False if it is there already."""
    mirror = mirror_folder(context)
    if any((mirror / archive.place("x")).parent.glob(f"{archive.sha256}.*")):
        return False
    with files.temporary_folder(tempfile.gettempdir()) as scratch:
        environ = context.environ
        path = archives.download(archive.requirement, scratch, environ=environ, wheel=archive.wheel)
        _check(path, archive)
        copy = Copy(str(path), str(mirror / archive.place(suffix_of(path.name))))
        carry_out(context, Plan("mirror", (copy,)))
    return True


def _check(path: Path, archive: Archive) -> None:
    sha256 = files.digest(path)
    if sha256 != archive.sha256:
        raise StateError(
            f"{path.name} from the index does not match the recipe: sha256 {sha256}, not"
            f" {archive.sha256}",
            fix="Check that the index is a faithful copy; nothing was kept.",
        )

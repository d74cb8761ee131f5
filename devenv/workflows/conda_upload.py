"""devenv conda upload, carry."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import DevenvError, StateError, UsageError
from devenv.core.result import Finding, Result, Table
from devenv.products.conda import engine
from devenv.products.conda.bucket import Bucket, bucket_of
from devenv.products.conda.clobber import clobbers
from devenv.products.conda.fetching import solution_files
from devenv.products.conda.indexing import index_channel
from devenv.products.conda.inspection import packages_of
from devenv.products.conda.observe import this_platform
from devenv.products.conda.package import CondaPackage, file_findings
from devenv.products.conda.publishing import address, prepare, publish, read_index
from devenv.products.conda.server import Server, server_of
from devenv.products.conda.solution import solve
from devenv.system.files import digest as file_digest
from devenv.system.locks import locked

_PATIENCE = 60.0
"""Seconds until a server has to list what was sent to it."""


@dataclass(frozen=True)
class CondaUploadRequest:
    """What was typed. channel: its address, or a folder. kind: of the server, or folder."""

    packages: tuple[Path, ...]
    channel: str
    kind: str
    force: bool = False


def upload(context: Context, request: CondaUploadRequest) -> Result:
    """Send each package, and check what is online afterwards."""
    engine.require()
    packages = _sound(context, [context.cwd / one for one in request.packages])
    if request.kind == "folder":
        folder = (context.cwd / request.channel).resolve()
        return _into_folder(context, list(packages.items()), folder, force=request.force)
    channel = _online(request, context)
    together = tuple(clobbers(list(packages.values()), "warning"))
    rows = [
        (package.file, _sent(context, channel, path, package, force=request.force))
        for path, package in packages.items()
    ]
    return _result(rows, channel.address, together)


def _online(request: CondaUploadRequest, context: Context) -> Bucket | Server:
    if request.kind == "s3":
        return bucket_of(request.channel, context.environ)
    return server_of(request.kind, request.channel, context.environ)


def carry(context: Context, path: Path, folder: Path, channels: Sequence[str]) -> Result:
    """A package, and with channels all that it needs, as a channel to take to another machine."""
    engine.require()
    path = (context.cwd / path).resolve()
    packages = _sound(context, [path])
    if channels:
        addresses = [address(one, context.cwd) for one in channels]
        home = context.layout.home / "conda"
        found = solve([path.as_uri()], addresses, "strict", this_platform(), home, context.environ)
        files = solution_files(found, home, context.environ)
        packages |= _sound(context, [one for one in files if one != path])
    return _into_folder(context, list(packages.items()), (context.cwd / folder).resolve())


def _sound(context: Context, paths: Sequence[Path]) -> dict[Path, CondaPackage]:
    """The packages, looked into. UsageError for one that must not go anywhere."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise UsageError(f"{', '.join(missing)}: no such file", fix="Name package files.")
    found = {}
    for path in paths:
        (package,) = packages_of([path], context.layout.home / "conda", context.environ)
        wrong = [one for one in file_findings(package) if one.id != "conda-subdir"]
        if wrong:
            raise UsageError(wrong[0].what, fix=wrong[0].fix)
        found[path] = package
    return found


def _into_folder(
    context: Context,
    packages: Sequence[tuple[Path, CondaPackage]],
    folder: Path,
    *,
    force: bool = False,
) -> Result:
    rows = []
    lock = context.layout.lock(f"conda-channel-{digest(str(folder))}")
    with locked(lock, f"channel {folder}"):
        prepare(folder, this_platform())
        for _, package in packages:
            place = folder / package.subdir / package.file
            if place.is_file() and file_digest(place) != package.sha256 and not force:
                raise _conflict(package, str(folder))
        for path, package in packages:
            changed = publish(path, folder / package.subdir / package.file)
            rows.append((package.file, "published" if changed else "already there"))
        index_channel(context, folder, force=True)
    together = tuple(clobbers([package for _, package in packages], "warning"))
    online = {record.place: record.sha256 for record in read_index(folder)}
    for _, package in packages:
        if online.get(f"{package.subdir}/{package.file}") != package.sha256:
            raise StateError(f"{folder}: its index does not have {package.file} as it is")
    return _result(rows, str(folder), together)


def _sent(
    context: Context, channel: Bucket | Server, path: Path, package: CondaPackage, *, force: bool
) -> str:
    before = channel.listed(package.subdir, package.file)
    if before == package.sha256:
        return "already there"
    if before is not None and not force:
        raise _conflict(package, channel.address)
    channel.send(package, path, context.layout.home / "conda", force=force)
    _check_online(channel, package)
    return "replaced" if before else "uploaded"


def _check_online(channel: Bucket | Server, package: CondaPackage) -> None:
    """What is handed out is what was sent, and the index says so. Servers index after a while."""
    found = channel.online_digest(package.subdir, package.file)
    if found != package.sha256:
        raise StateError(
            f"{channel.address} serves another file as {package.file}: {found or 'none'}",
            fix="Upload it again: --force",
        )
    deadline = time.monotonic() + _PATIENCE
    while channel.listed(package.subdir, package.file) != package.sha256:
        if time.monotonic() > deadline:
            raise StateError(
                f"{channel.address} does not list {package.file} after {_PATIENCE:g} s",
                fix="Look at it later: devenv conda search NAME --channel ADDRESS",
            )
        time.sleep(0.5)


def _conflict(package: CondaPackage, where: str) -> DevenvError:
    return StateError(
        f"{where} already has a different {package.file}",
        fix="Raise the build number, or replace it: --force",
    )


def _result(
    rows: Sequence[tuple[str, str]], where: str, findings: tuple[Finding, ...] = ()
) -> Result:
    data = {"packages": [{"file": a, "state": b} for a, b in rows], "channel": where}
    return Result((f"channel: {where}",), Table(("package", "state"), tuple(rows)), findings, data)

"""devenv conda index, search, verify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.core.quantity import quantity
from devenv.core.result import Finding, Result, Table
from devenv.products.conda import engine
from devenv.products.conda.bucket import bucket_of
from devenv.products.conda.bucket_index import index_bucket, read_bucket_index, stored_packages
from devenv.products.conda.channel import ChannelRecord
from devenv.products.conda.clobber import clobbers
from devenv.products.conda.fetching import solution_packages
from devenv.products.conda.host import host_findings
from devenv.products.conda.indexing import index_channel
from devenv.products.conda.inspection import files_of, packages_of
from devenv.products.conda.observe import this_platform
from devenv.products.conda.package import CondaPackage, file_findings, index_findings
from devenv.products.conda.publishing import address, read_index
from devenv.products.conda.served import served_channel
from devenv.products.conda.solution import (
    Solution,
    ask_channels,
    explanation,
    solve,
)
from devenv.products.conda.specs import canonical_spec
from devenv.system.files import digest as file_digest
from devenv.system.locks import locked


@dataclass(frozen=True)
class SearchRequest:
    """What was typed. solve: show what would be installed, and why; else what there is."""

    specs: tuple[str, ...]
    channels: tuple[str, ...]
    priority: str = "strict"
    solve: bool = False


def index(context: Context, channel: str) -> Result:
    """Index what is sound; exit code 1 where something had to be left out."""
    engine.require()
    if "://" in channel:
        bucket = bucket_of(channel, context.environ)
        count, excluded = index_bucket(bucket, context.layout.home / "conda", context.environ)
        return _indexed(bucket.address, count, excluded)
    folder = (context.cwd / channel).resolve()
    files_of(folder)
    lock = context.layout.lock(f"conda-channel-{digest(str(folder))}")
    with locked(lock, f"channel {folder}"):
        findings = index_channel(context, folder, force=True)
    return _indexed(str(folder), sum(1 for _ in read_index(folder)), findings)


def _indexed(channel: str, count: int, findings: Sequence[Finding]) -> Result:
    line = f"{channel}: {quantity(count, 'package')}"
    return Result((line,), findings=tuple(findings), code=_code(findings))


def verify(context: Context, paths: Sequence[str], channels: Sequence[str]) -> Result:
    """Channels; package files against what is installed with them; prefixes against this host.

    paths: of this machine, or addresses of channels in S3 or on a server.
    """
    engine.require()
    findings: list[Finding] = []
    lines = []
    for path in paths:
        if "://" in path:
            findings += _online_findings(context, path)
            lines.append(f"{path}: looked at")
            continue
        place = (context.cwd / path).resolve()
        if (place / "conda-meta").is_dir():
            findings += host_findings(place, context.environ)
        elif place.is_dir():
            findings += _channel_findings(context, place)
        elif place.is_file():
            findings += _package_findings(context, place, channels)
        else:
            raise UsageError(f"{place}: no such file or directory", fix="Check the path.")
        lines.append(f"{place}: looked at")
    return Result(tuple(lines), findings=tuple(findings), code=_code(findings))


def _channel_findings(context: Context, folder: Path) -> list[Finding]:
    paths = files_of(folder)
    packages = packages_of(paths, context.layout.home / "conda", context.environ)
    hashes = {
        one.place: (path.stat().st_size, file_digest(path))
        for path, one in zip(paths, packages, strict=True)
    }
    return _findings(packages, hashes, read_index(folder))


def _online_findings(context: Context, address: str) -> list[Finding]:
    home = context.layout.home / "conda"
    if address.lower().startswith(("http://", "https://")):
        served = served_channel(address, home, context.environ)
        return _findings(served.packages, served.hashes, served.records, "Index it on its server.")
    bucket = bucket_of(address, context.environ)
    objects = bucket.objects()
    stored = stored_packages(bucket, objects, home, context.environ)
    hashes = {one.package.place: (one.size, one.package.sha256) for one in stored}
    records = read_bucket_index(bucket, objects)
    return _findings([one.package for one in stored], hashes, records)


def _findings(
    packages: Sequence[CondaPackage],
    hashes: Mapping[str, tuple[int, str]],
    records: Iterable[ChannelRecord],
    fix: str = "devenv conda index CHANNEL",
) -> list[Finding]:
    """Findings on the files of a channel, its index, and files that two packages install."""
    found = {one.place: list(file_findings(one)) for one in packages}
    good = [place for place, wrong in found.items() if not wrong]
    listed = index_findings(records, hashes, good, fix)
    sound = [one for one in packages if not found[one.place]]
    flat = [finding for findings in found.values() for finding in findings]
    return [*flat, *listed, *clobbers(sound, "warning")]


def _package_findings(context: Context, path: Path, channels: Sequence[str]) -> list[Finding]:
    home = context.layout.home / "conda"
    (package,) = packages_of([path], home, context.environ)
    found = [one for one in file_findings(package) if one.id != "conda-subdir"]
    if found or not channels:
        return found
    solution = _solved(context, [path.as_uri()], channels, "strict")
    others = solution_packages(solution, home, context.environ)
    return list(clobbers([package, *(o for o in others if o.name != package.name)], "error"))


def search(context: Context, request: SearchRequest) -> Result:
    """The packages that match, best channel first; or the solution, and the reason for each choice."""
    engine.require()
    channels = [address(one, context.cwd) for one in request.channels]
    if not channels:
        raise UsageError("which channel?", fix="Name one or more in order: --channel CHANNEL")
    specs = [canonical_spec(one) for one in request.specs]
    if request.solve:
        solution = _solved(context, specs, request.channels, request.priority)
        lines, rows = explanation(solution)
        return Result(lines, Table(("package", "version", "build", "channel", "why"), rows))
    asked = {"channels": channels, "specs": specs, "platform": this_platform()}
    answer = ask_channels("query", asked, context.layout.home / "conda", context.environ)
    found = [(r["name"], r["version"], r["build"], r["channel"]) for r in answer["records"]]
    if not found:
        problem = f"no package matches {', '.join(specs)} in {', '.join(channels)}"
        raise UsageError(
            problem, fix="Look at the names and the build strings: devenv conda search '*'"
        )
    data = {"packages": answer["records"]}
    return Result((), Table(("package", "version", "build", "channel"), tuple(found)), data=data)


def _solved(
    context: Context, specs: Sequence[str], channels: Sequence[str], priority: str
) -> Solution:
    addresses = tuple(address(one, context.cwd) for one in channels)
    home = context.layout.home / "conda"
    return solve(specs, addresses, priority, this_platform(), home, context.environ)


def _code(findings: Sequence[Finding]) -> int:
    return 1 if any(one.severity == "error" for one in findings) else 0

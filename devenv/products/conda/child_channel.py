"""What `child` asks rattler for: package files, indexes, solutions and installations."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

Data = dict[str, Any]


def inspect(request: Data) -> Data:
    """What each package file says of itself, or why it cannot be read."""
    return {"packages": [inspected(Path(path)) for path in request["packages"]]}


def inspected(path: Path) -> Data:
    from rattler.package import IndexJson, PathsJson

    try:
        index = IndexJson.from_package_archive(path)
        paths = PathsJson.from_package_archive(path)
    except BaseException as error:  # noqa: BLE001 a damaged archive is a panic, not an Exception
        return {"path": str(path), "error": message_of(error)}
    return {
        "path": str(path),
        "name": index.name.normalized,
        "version": str(index.version),
        "build": str(index.build),
        "number": index.build_number,
        "subdir": index.subdir or "",
        "depends": list(index.depends),
        "constrains": list(index.constrains),
        "files": [
            [str(one.relative_path), one.sha256.hex() if one.sha256 else "", bool(one.no_link)]
            for one in paths.paths
        ],
    }


def extract(request: Data) -> Data:
    """Unpack packages, each into a folder."""
    from rattler.package_streaming import extract as unpack

    for path, folder in request["packages"]:
        unpack(Path(path), Path(folder))
    return {}


def index(request: Data) -> Data:
    """Write the index of a channel anew."""
    from rattler.index import index_fs

    # Compressed copies and shards are for servers; they take ten times as long as the index itself.
    asyncio.run(index_fs(request["channel"], write_zst=False, write_shards=False))
    return {}


def upload(request: Data) -> Data:
    """Send one package to a server. Its key is the library's to find: in a variable, or its own file."""
    import rattler_build as library

    packages, channel = [request["package"]], request["channel"]
    if request["kind"] == "prefix":
        force = request["force"]
        library.upload_package_to_prefix(packages, request["url"], channel, force=force)
    elif request["kind"] == "artifactory":
        library.upload_package_to_artifactory(packages, request["url"], channel)
    else:
        library.upload_package_to_anaconda(packages, channel, force=request["force"])
    return {}


def solve(request: Data) -> Data:
    """The records that satisfy the specs, in the order of installation; or why there are none."""
    try:
        records = asyncio.run(_solve(request))
    except Exception as error:  # noqa: BLE001 the library's errors have no common class
        return {"error": message_of(error)}
    return {"records": [_record(one) for one in records]}


async def _solve(request: Data) -> list[Any]:
    from rattler import Channel, ChannelPriority, Gateway, VirtualPackage
    from rattler import solve as solver

    priority = {"strict": ChannelPriority.Strict, "disabled": ChannelPriority.Disabled}
    return await solver(
        [Channel(one) for one in request["channels"]],
        request["specs"],
        gateway=Gateway(),
        platforms=[request["platform"], "noarch"],
        virtual_packages=VirtualPackage.detect(),
        channel_priority=priority[request["priority"]],
    )


def _record(one: Any) -> Data:
    return {
        "name": one.name.normalized,
        "version": str(one.version),
        "build": str(one.build),
        "number": one.build_number,
        "subdir": one.subdir,
        "channel": str(one.channel or ""),
        "url": str(one.url),
        "file": one.file_name,
        "sha256": one.sha256.hex() if one.sha256 else "",
        "depends": list(one.depends),
    }


def query(request: Data) -> Data:
    """All records that match the specs in any of the channels, by channel in their order."""
    return {"records": asyncio.run(_query(request))}


async def _query(request: Data) -> list[Data]:
    from rattler import Channel, Gateway

    found: list[Data] = []
    for channel in request["channels"]:
        answer = await Gateway().query(
            [Channel(channel)],
            [request["platform"], "noarch"],
            request["specs"],
            recursive=False,
        )
        records = [_record(one) for part in answer for one in part]
        found += sorted(records, key=lambda r: (r["name"], r["version"], r["build"]))
    return found


def install(request: Data) -> Data:
    """Solve, and install into a prefix; the records."""
    return {"records": asyncio.run(_install(request))}


async def _install(request: Data) -> list[Data]:
    from rattler import install as installer

    records = await _solve(request)
    await installer(records, target_prefix=request["prefix"], show_progress=False)
    return [_record(one) for one in records]


def message_of(error: BaseException) -> str:
    """The words of an error of the library."""
    return str(error).strip() or type(error).__name__

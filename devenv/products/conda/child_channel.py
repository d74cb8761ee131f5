"""The parts of `child` that call rattler: package files, indexes, solutions and installations."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Coroutine, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from devenv.products.conda.answering import require_answers
from devenv.products.conda.package import is_platform

Data = dict[str, Any]
_Answer = TypeVar("_Answer")


def inspect(request: Data) -> Data:
    """The metadata of each package file, or why it cannot be read.

    request: packages, their paths; shadow: an empty folder on their file system. With it, each also gets
    its record of an index.
    """
    packages = [inspected(Path(path)) for path in request["packages"]]
    if request.get("shadow"):
        readable = [one for one in packages if "error" not in one and is_platform(one["subdir"])]
        _add_records(readable, Path(request["shadow"]))
    return {"packages": packages}


def _add_records(packages: list[Data], shadow: Path) -> None:
    """Add the record of each package, which the library makes for a channel of links to them.

    The library sees nothing else: it keeps old records, and panics on a damaged file.
    """
    from rattler.index import index_fs

    (shadow / "noarch").mkdir(parents=True, exist_ok=True)
    # Those in the right folder come first, since a copy in a wrong one has the same name.
    ordered = sorted(packages, key=lambda one: Path(one["path"]).parent.name != one["subdir"])
    places = {(one["subdir"], Path(one["path"]).name): one for one in reversed(ordered)}
    for (subdir, file), one in places.items():
        (shadow / subdir).mkdir(exist_ok=True)
        link(Path(one["path"]), shadow / subdir / file)
    # Compressed copies and shards are for servers, and take ten times as long as the index itself.
    _awaited(index_fs(shadow, write_zst=False, write_shards=False))
    for path in shadow.glob("*/repodata.json"):
        index = json.loads(path.read_text(encoding="utf-8"))
        for file, record in {**index["packages"], **index["packages.conda"]}.items():
            places[path.parent.name, file]["record"] = record


def link(package: Path, place: Path) -> None:
    """Make a hard link to a package file, or a copy on another file system."""
    try:
        os.link(package, place)
    except OSError:
        shutil.copyfile(package, place)


def inspected(path: Path) -> Data:
    """Metadata and files of a package; only "path" and "error" if it cannot be read."""
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


def _awaited(coroutine: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The result of a coroutine."""
    import asyncio  # not every process needs it, and it takes as long to import as the library

    return asyncio.run(coroutine)


def extract(request: Data) -> Data:
    """Unpack packages, each into a folder."""
    from rattler.package_streaming import extract as unpack

    for path, folder in request["packages"]:
        unpack(Path(path), Path(folder))
    return {}


def upload(request: Data) -> Data:
    """Upload one package to a server. Returns its message if it refuses.

    request: kind, package, url, channel, force; variable: the environment variable with the key.
    """
    import rattler_build as library

    packages, channel = [request["package"]], request["channel"]
    url, force = request["url"], request["force"]
    key = os.environ.get(request["variable"]) or None
    try:
        if request["kind"] == "prefix":
            library.upload_package_to_prefix(packages, url, channel, api_key=key, force=force)
        else:
            place = os.environ.get("ANACONDA_SERVER_URL") or None
            library.upload_package_to_anaconda(
                packages, channel, api_key=key, url=place, force=force
            )
    except Exception as error:  # noqa: BLE001 the library's errors have no common class
        return {"refused": message_of(error)}
    return {}


def solve(request: Data) -> Data:
    """The records that satisfy the specs, in the order of installation, or why there are none.

    request: specs, channels, platform, priority; prefer: the text of a lock whose packages are kept
    where they fit. The answer also has the text of a lock, in pixi's format.
    """
    try:
        await_channels(request["channels"])
        records = _awaited(_solve(request))
    except Exception as error:  # noqa: BLE001 the library's errors have no common class
        return _refusal(error)
    return {"records": [_record(one) for one in records], "lock": _lock_text(request, records)}


def _refusal(error: Exception) -> Data:
    """The answer for an error: its message, and whether a channel cannot be read."""
    from rattler.exceptions import FetchRepoDataError, GatewayError, IoError

    unreachable = isinstance(error, (FetchRepoDataError, GatewayError, IoError, TimeoutError))
    return {"unreachable" if unreachable else "error": message_of(error)}


def await_channels(channels: Iterable[str]) -> None:
    """TimeoutError if the server of a channel does not answer. channels: names or addresses."""
    from rattler import Channel

    require_answers((str(Channel(one).base_url) for one in channels), os.environ)


async def _solve(request: Data) -> list[Any]:
    from rattler import Channel, ChannelPriority, Gateway, VirtualPackage
    from rattler import solve as solver
    from rattler.networking import Client

    priority = {"strict": ChannelPriority.Strict, "disabled": ChannelPriority.Disabled}
    prefer = request.get("prefer")
    return await solver(
        [Channel(one) for one in request["channels"]],
        request["specs"],
        gateway=Gateway(client=Client.default_client()),
        platforms=[request["platform"], "noarch"],
        virtual_packages=VirtualPackage.detect(),
        channel_priority=priority[request["priority"]],
        locked_packages=_locked(prefer) if prefer else None,
    )


def _lock_text(request: Data, records: list[Any]) -> str:
    from rattler import Channel, LockChannel, LockFile, LockPlatform

    platform = LockPlatform(request["platform"])
    lock = LockFile([platform])
    channels = [LockChannel(str(Channel(one).base_url)) for one in request["channels"]]
    lock.set_channels("default", channels)
    for record in records:
        lock.add_conda_package("default", platform, record)
    with TemporaryDirectory() as folder:
        path = Path(folder, "lock")
        lock.to_path(path)
        return path.read_text(encoding="utf-8")


def _locked(text: str) -> list[Any]:
    """The records in the text of a lock."""
    from rattler import LockFile

    with TemporaryDirectory() as folder:
        path = Path(folder, "lock")
        path.write_text(text, encoding="utf-8")
        environment = LockFile.from_path(path).default_environment()
    assert environment is not None
    (platform,) = environment.platforms()
    return list(environment.conda_repodata_records_for_platform(platform) or ())


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
    """All records that match the specs in any of the channels, in the order of the channels."""
    try:
        await_channels(request["channels"])
        return {"records": _awaited(_query(request))}
    except Exception as error:  # noqa: BLE001 the library's errors have no common class
        return _refusal(error)


async def _query(request: Data) -> list[Data]:
    from rattler import Channel, Gateway
    from rattler.networking import Client

    matching: list[Data] = []
    gateway = Gateway(client=Client.default_client())
    for channel in request["channels"]:
        answer = await gateway.query(
            [Channel(channel)],
            [request["platform"], "noarch"],
            request["specs"],
            recursive=False,
        )
        records = [_record(one) for part in answer for one in part]
        matching += sorted(records, key=lambda r: (r["name"], r["version"], r["build"]))
    return matching


def install(request: Data) -> Data:
    """Install the packages of a lock.

    request: lock: its text; prefix: the folder; final: its later path, which installed files contain.
    Files are copied: with links into the cache, damage here would affect all environments.
    """
    _awaited(_install(request))
    return {}


async def _install(request: Data) -> None:
    from rattler import Config
    from rattler import install as installer
    from rattler.networking import Client

    config = Config()
    config.set("allow-hard-links", "false")
    await installer(
        _locked(request["lock"]),
        target_prefix=request["prefix"],
        alternative_target_prefix=request["final"],
        show_progress=False,
        client=Client.default_client(),
        config=config,
    )


def message_of(error: BaseException) -> str:
    """The message of a library error, without signatures in S3 addresses."""
    return re.sub(r"\?[\w.%=&-]*X-Amz-[^\s)'\"]*", "", str(error)).strip() or type(error).__name__

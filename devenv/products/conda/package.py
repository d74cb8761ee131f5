"""The metadata of a package file, and problems of the file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.result import Finding
from devenv.products.conda.channel import ChannelRecord

SUFFIXES = (".conda", ".tar.bz2")


@dataclass(frozen=True)
class CondaPackage:
    """A package file. folder: the subdir that contains it. error: why it cannot be read.

    files: installed path -> digest of the content. sha256: of the package file.
    record: of an index, if requested.
    """

    folder: str
    file: str
    name: str = ""
    version: str = ""
    build: str = ""
    number: int = 0
    subdir: str = ""
    depends: tuple[str, ...] = ()
    files: Mapping[str, str] | None = None
    error: str = ""
    sha256: str = ""
    record: Mapping[str, Any] | None = None

    @property
    def place(self) -> str:
        """The path of the file in a channel: ``SUBDIR/FILE``."""
        return f"{self.folder}/{self.file}"

    @property
    def title(self) -> str:
        """``NAME-VERSION-BUILD``."""
        return f"{self.name}-{self.version}-{self.build}"


def package_of(folder: str, file: str, data: Mapping[str, Any], sha256: str) -> CondaPackage:
    """The package from the library's answer about a file. sha256: of the file."""
    if data.get("error"):
        return CondaPackage(folder, file, error=str(data["error"]), sha256=sha256)
    files = {installed_path(path): digest for path, digest, _ in data["files"]}
    return CondaPackage(
        folder,
        file,
        data["name"],
        data["version"],
        data["build"],
        data["number"],
        data["subdir"],
        tuple(data["depends"]),
        files,
        sha256=sha256,
        record=data.get("record"),
    )


def installed_path(path: str) -> str:
    """The installed path of a file, independent of the Python version, as in pure Python packages."""
    path = re.sub(r"^python-scripts/", "bin/", path)
    return re.sub(r"^lib/python\d+\.\d+/site-packages/", "site-packages/", path)


def is_platform(subdir: str) -> bool:
    """Whether a subdir has the form of a platform, and so names one folder of a channel."""
    return re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)?", subdir) is not None


def file_findings(package: CondaPackage) -> Iterator[Finding]:
    """Problems that exclude a file from an index: unreadable, renamed, or in the wrong subdir."""
    where = package.place
    if package.error:
        reason = package.error.splitlines()[0][:200]
        yield Finding(
            "conda-damaged",
            "error",
            f"{where} cannot be read",
            reason,
            "Build or download it again.",
        )
        return
    suffix = next(one for one in SUFFIXES if package.file.endswith(one))
    expected = f"{package.title}{suffix}"
    if package.file != expected:
        yield Finding(
            "conda-renamed",
            "error",
            f"{where} was renamed: it is {expected}",
            "An index lists a package by the name of its file, and installers check the two.",
            f"Rename it back to {expected}.",
        )
    if not is_platform(package.subdir):
        yield Finding(
            "conda-damaged",
            "error",
            f"{where} is for no valid platform: {package.subdir!r}",
            fix="Build it again.",
        )
    elif package.subdir != package.folder:
        yield Finding(
            "conda-subdir",
            "error",
            f"{where} is a package for {package.subdir}",
            fix=f"Move it to {package.subdir}/ of the channel.",
        )


def index_findings(
    records: Iterable[ChannelRecord],
    hashes: Mapping[str, tuple[int, str]],
    good: Iterable[str],
    fix: str,
) -> Iterator[Finding]:
    """Differences between an index and the files. hashes: path -> size and SHA-256 of the file.

    good: the paths that an index should list. fix: how to index the channel.
    """
    listed = {record.place: record for record in records}
    for place, record in listed.items():
        if place not in hashes:
            message = f"the index lists {place}, which is missing"
            yield Finding("conda-missing", "error", message, fix=fix)
        elif hashes[place] != (record.size, record.sha256):
            message = f"the index has an old record of {place}: size or hash differ from the file"
            yield Finding(
                "conda-stale", "error", message, "Installers refuse what does not match.", fix
            )
    for place in good:
        if place not in listed:
            yield Finding("conda-unlisted", "error", f"the index does not list {place}", fix=fix)

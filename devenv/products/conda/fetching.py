"""The package files of a solution: on this machine, or downloaded from their channels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from devenv.core.errors import StateError, UnreachableError
from devenv.products.conda.bucket import bucket_of
from devenv.products.conda.inspection import packages_of
from devenv.products.conda.package import CondaPackage
from devenv.products.conda.solution import Solution
from devenv.system.files import digest, remove


def solution_packages(
    solution: Solution, home: Path, environ: Mapping[str, str]
) -> list[CondaPackage]:
    """The inspected packages of a solution."""
    return packages_of(solution_files(solution, home, environ), home, environ)


def solution_files(solution: Solution, home: Path, environ: Mapping[str, str]) -> list[Path]:
    """The files of a solution. Those on servers are downloaded first."""
    paths = []
    for record in solution.records:
        parts = urlsplit(record["url"])
        local = Path(unquote(parts.path)) if parts.scheme == "file" else None
        paths.append(local or _fetched(record, home, environ))
    return paths


def _fetched(record: Mapping[str, Any], home: Path, environ: Mapping[str, str]) -> Path:
    """A downloaded package, cached by its hash. StateError if it does not match the index."""
    place = Path(home, "fetched", record["sha256"], record["subdir"], record["file"])
    if place.is_file():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    staged = place.with_name(f".{place.name}.part")
    try:
        _fetch(record["url"], staged, environ)
        if record["sha256"] and digest(staged) != record["sha256"]:
            raise StateError(
                f"{record['url']} is another file than the channel's index says",
                fix="Whoever keeps the channel has to index it again.",
            )
        staged.replace(place)
    finally:
        remove(staged)
    return place


def _fetch(url: str, place: Path, environ: Mapping[str, str]) -> None:
    if url.startswith("s3://"):
        channel, subdir, file = url.rsplit("/", 2)
        bucket_of(channel, environ).download(subdir, unquote(file), place)
        return
    # They take long to import, and most channels are folders.
    from urllib.request import urlopen

    from devenv.system.answers import timeout_of

    timeout = timeout_of(environ)
    try:
        with urlopen(url, timeout=timeout) as answer, place.open("wb") as stream:  # noqa: S310 the channel's own scheme
            while block := answer.read(1 << 20):
                stream.write(block)
    except TimeoutError:
        raise UnreachableError(f"{url}: no data within {timeout:g} s", fix=_FIX) from None
    except OSError as error:
        raise UnreachableError(f"{url} cannot be fetched: {error}", fix=_FIX) from None


_FIX = "Check the address and the network, and run it again."

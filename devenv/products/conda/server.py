"""A channel on a server: its contents, uploads, and errors."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from devenv.core.errors import DevenvError, StateError, UnreachableError, UsageError
from devenv.products.conda import engine
from devenv.products.conda.channel import listed_digest
from devenv.products.conda.package import CondaPackage
from devenv.system.answers import TIMEOUT, timeout_of

KEYS = {
    "quetz": "QUETZ_API_KEY",
    "prefix": "PREFIX_API_KEY",
    "anaconda": "ANACONDA_API_KEY",
    "artifactory": "ARTIFACTORY_TOKEN",
}
"""Kind of server -> the variable with the key. Keys are never arguments."""
_HEADERS = {
    "quetz": ("X-API-Key", "{}"),
    "prefix": ("Authorization", "Bearer {}"),
    "anaconda": ("Authorization", "token {}"),
    "artifactory": ("Authorization", "Bearer {}"),
}


@dataclass(frozen=True)
class Server:
    """A channel on a server. address: the one for installers. key: empty for none.

    kind: empty where files are only read, and without a key. environ: the variables in which the library
    finds its own keys.
    """

    kind: str
    address: str
    key: str = ""
    timeout: float = TIMEOUT
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The address of the server."""
        parts = urlsplit(self.address)
        path = parts.path.rstrip("/").rsplit("/", 1)[0]
        return f"{parts.scheme}://{parts.netloc}{path.removesuffix('/get')}"

    @property
    def channel(self) -> str:
        """The name of the channel: the last part of its address."""
        return self.address.rstrip("/").rsplit("/", 1)[-1]

    def place(self, subdir: str, file: str) -> str:
        """The address of a file in the channel."""
        return f"{self.address.rstrip('/')}/{subdir}/{quote(file)}"

    def listed(self, subdir: str, file: str) -> str | None:
        """The SHA-256 of a file in the channel's index; None if it is not listed."""
        text = self.read(subdir, "repodata.json")
        return None if text is None else listed_digest(text, file, self.address)

    def online_digest(self, subdir: str, file: str) -> str | None:
        """The SHA-256 of the file that the channel serves; None if there is none."""
        digest = hashlib.sha256()
        try:
            for block in self._blocks(subdir, file):
                digest.update(block)
        except _NotFound:
            return None
        return digest.hexdigest()

    def read(self, subdir: str, file: str) -> bytes | None:
        """The content of a file that the channel serves; None if there is none."""
        try:
            return b"".join(self._blocks(subdir, file))
        except _NotFound:
            return None

    def download(self, subdir: str, file: str, place: Path, size: int) -> bool:
        """Download a file that the channel serves; False if there is none. What is longer than `size` is
        cut off soon after it.
        """
        try:
            with place.open("wb") as stream:
                for block in self._blocks(subdir, file):
                    stream.write(block)
                    if stream.tell() > size:
                        break
        except _NotFound:
            place.unlink()
            return False
        return True

    def _blocks(self, subdir: str, file: str) -> Iterator[bytes]:
        try:
            with _opened(self, Request(self.place(subdir, file))) as answer:  # noqa: S310
                while block := answer.read(1 << 20):
                    yield block
                if answer.length:
                    raise IncompleteRead(b"", answer.length)
        except (OSError, HTTPException, ValueError) as error:
            raise _unreachable(self, error) from None

    def send(self, package: CondaPackage, path: Path, scratch: Path, *, force: bool) -> None:
        """Upload one file. scratch: a directory for temporary files."""
        if self.kind == "quetz":
            _send_to_quetz(self, package.file, path.read_bytes(), force=force)
            return
        if self.kind == "artifactory":
            place, content = self.place(package.subdir, package.file), path.read_bytes()
            _send(self, Request(place, data=content, method="PUT"))  # noqa: S310 the scheme was checked
            return
        request = {"kind": self.kind, "package": str(path), "force": force}
        request |= {"url": self.url, "channel": self.channel, "variable": KEYS[self.kind]}
        words = engine.ask("upload", request, scratch, self.environ).get("refused", "")
        status = re.search(r"\b(?:status|HTTP)\D{0,30}(\d{3})\b|\((\d{3})\b", words)
        if words:
            _refuse(self, int(status[1] or status[2]) if status else 0, words)


def server_of(kind: str, address: str, environ: Mapping[str, str]) -> Server:
    """The channel at an address. UsageError for an invalid address or an unknown kind."""
    if kind not in KEYS:
        raise UsageError(
            f"unknown kind of server: {kind!r}", fix=f"Choose {', '.join(KEYS)}, s3 or folder."
        )
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or not parts.path.strip("/"):
        raise UsageError(
            f"{address!r} is not the address of a channel",
            fix="Give the address that installers use, such as https://HOST/get/CHANNEL for quetz.",
        )
    return Server(kind, address, environ.get(KEYS[kind], ""), timeout_of(environ), environ)


def _send_to_quetz(server: Server, file: str, content: bytes, *, force: bool) -> None:
    """Upload one file to quetz. The library cannot replace files there."""
    boundary = f"devenv-{os.urandom(12).hex()}"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="force"\r\n\r\n{str(force).lower()}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{file}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    request = Request(  # noqa: S310 the scheme was checked
        f"{server.url}/api/channels/{quote(server.channel)}/files/",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        method="POST",
    )
    _send(server, request)


def _send(server: Server, request: Request) -> None:
    """Send a request ourselves: the library has only one message for all errors of these servers."""
    try:
        with _opened(server, request):
            return
    except _NotFound:
        raise UsageError(
            f"{server.url} has no channel {server.channel}",
            fix="Create it there, or check its name.",
        ) from None


class _NotFound(Exception):
    """The server answered 404."""


def _opened(server: Server, request: Request):  # type: ignore[no-untyped-def]
    """The answer of the server. Errors explain its status."""
    if server.key:
        name, form = _HEADERS[server.kind]
        request.add_header(name, form.format(server.key))
    try:
        return urlopen(request, timeout=server.timeout)  # noqa: S310 the scheme was checked
    except HTTPError as error:
        if error.code == 404:
            raise _NotFound from None
        _refuse(server, error.code, _words(error))
    except (URLError, OSError, HTTPException, ValueError) as error:
        raise _unreachable(server, error) from None


def _unreachable(server: Server, error: Exception) -> UnreachableError:
    reason = getattr(error, "reason", error)
    silent = isinstance(reason, TimeoutError) or isinstance(error, TimeoutError)
    words = f"no answer within {server.timeout:g} s" if silent else str(reason)
    if isinstance(error, IncompleteRead):
        return UnreachableError(f"{server.url}: an answer ended in the middle", fix="Try it again.")
    return UnreachableError(
        f"{server.url} cannot be reached: {words}", fix="Check the address and the network."
    )


def _refuse(server: Server, status: int, words: str) -> NoReturn:
    """Raise the error for a status, with the server's message. status: 0 for none."""
    where = f"{server.url}, channel {server.channel}"
    if not server.kind:
        raise StateError(
            f"{where}: HTTP {status} {words}".rstrip(),
            fix="Check the address. A channel that needs a key cannot be verified.",
        )
    variable = KEYS[server.kind]
    denied = (
        "the key may not do this, or there is no such channel" if server.key else "it wants a key"
    )
    known: dict[int, DevenvError] = {
        401: UsageError(
            f"{where}: {'the key is not valid' if server.key else 'it wants a key'}",
            fix=f"Set {variable}.",
        ),
        403: UsageError(
            f"{where}: {denied}",
            fix=f"Ask its owner for the right to upload, or set {variable}.",
        ),
        409: StateError(f"{where}: it has a file of this name", fix="Replace it: --force"),
        413: StateError(
            f"{where}: the file is too large for it", fix="Ask its owner for more room."
        ),
    }
    if status in known:
        raise known[status] from None
    shown = f"HTTP {status}: {words}" if status else words
    raise StateError(
        f"{where}: {shown}", fix=f"Check {variable} and the name of the channel, or ask its owner."
    ) from None


def _words(error: HTTPError) -> str:
    try:
        text = error.read().decode("utf-8", "replace")
    except OSError:
        return str(error.reason)
    try:
        return str(json.loads(text).get("detail", text))[:300]
    except (ValueError, AttributeError):
        return text.strip()[:300] or str(error.reason)

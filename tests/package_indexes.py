"""Real package indexes on loopback: pypiserver with a password, devpi with a staging index."""

# ruff: noqa: N815, S310
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from ports import free_port

USER, PASSWORD = "releaser", "s3cret-of-the-tests"


@dataclass(frozen=True)
class Server:
    url: str
    folder: Path
    log: Path


@contextmanager
def pypiserver(folder: Path) -> Iterator[Server]:
    packages, passwords, port = folder / "packages", folder / "htpasswd", free_port()
    packages.mkdir(parents=True)
    digest = b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()  # noqa: S324 - htpasswd's
    passwords.write_text(f"{USER}:{{SHA}}{digest}\n")
    argv = [Path(sys.executable).with_name("pypi-server"), "run", "-i", "127.0.0.1", "-p", port]
    argv += ["-P", passwords, "-a", "update", "--disable-fallback", packages]
    with _running(list(map(str, argv)), f"http://127.0.0.1:{port}/health", folder / "log"):
        yield Server(f"http://127.0.0.1:{port}/", packages, folder / "log")


@contextmanager
def devpi(folder: Path) -> Iterator[Server]:
    """A user with the indexes staging and production; never with the mirror of the public index."""
    place, port = folder / "server", free_port()
    scripts = Path(sys.executable).parent
    init = [
        scripts / "devpi-init",
        "--serverdir",
        place,
        "--no-root-pypi",
        "--root-passwd",
        PASSWORD,
    ]
    subprocess.run(list(map(str, init)), check=True, capture_output=True)
    argv = [scripts / "devpi-server", "--serverdir", place, "--host", "127.0.0.1", "--port", port]
    url = f"http://127.0.0.1:{port}"
    with _running(list(map(str, argv)), f"{url}/+api", folder / "log"):
        _put(f"{url}/{USER}", {"password": PASSWORD}, ("root", PASSWORD), url)
        for name in ("staging", "production"):
            settings = {"bases": [], "volatile": False, "type": "stage"}
            _put(f"{url}/{USER}/{name}", settings, (USER, PASSWORD), url)
        yield Server(f"{url}/{USER}/", place, folder / "log")


def _put(url: str, data: object, who: tuple[str, str], server: str) -> None:
    login = {"user": who[0], "password": who[1]}
    token = _call(f"{server}/+login", "POST", login, {})["result"]["password"]
    pair = b64encode(f"{who[0]}:{token}".encode()).decode()
    _call(url, "PUT", data, {"X-Devpi-Auth": pair})


def _call(
    url: str, method: str, data: object, headers: dict[str, str]
) -> dict[str, dict[str, str]]:
    body = json.dumps(data).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, dict[str, str]] = json.load(answer)
        return found


@contextmanager
def _running(argv: list[str], url: str, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 120
        while not _answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server within the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@contextmanager
def failing(
    times: int, behind: str, hangs: bool = False, method: str = "", status: int = 503
) -> Iterator[tuple[str, list[str]]]:
    """A server that answers `status` (or not at all) so many times, then as the one at `behind` does.

    method: those requests alone fail; empty: all.
    """
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if method in ("", self.command):
                seen.append(f"{self.command} {self.path}")
            if method in ("", self.command) and len(seen) <= times:
                if hangs:
                    time.sleep(6)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._forward(body)

        do_POST = do_GET

        def _forward(self, body: bytes) -> None:
            kept = {
                k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")
            }
            url = behind.rstrip("/") + self.path
            request = urllib.request.Request(url, body or None, kept, method=self.command)
            try:
                with urllib.request.urlopen(request) as answer:
                    status, kind, data = (
                        answer.status,
                        answer.headers["Content-Type"],
                        answer.read(),
                    )
            except urllib.error.HTTPError as error:
                status, kind, data = error.code, "text/plain", error.read()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None: ...

    with _serving(Handler) as address:
        yield address, seen


@contextmanager
def pages(
    texts: dict[str, bytes], seen: dict[str, str], moved: str = "", kind: str = "text/html"
) -> Iterator[str]:
    """A server of a few pages; /moved leads to the address `moved`. seen: path -> Authorization."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen[self.path] = self.headers.get("Authorization", "")
            text = texts.get(self.path, b"")
            redirected = self.path == "/moved"
            self.send_response(302 if redirected else 200 if text else 404)
            if redirected:
                self.send_header("Location", moved)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments: object) -> None: ...

    with _serving(Handler) as address:
        yield address

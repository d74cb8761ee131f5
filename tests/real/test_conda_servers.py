"""Servers of conda channels that cannot be had for a test, and servers that fall silent.

prefix, artifactory and anaconda: the real client, against a stand-in that records what it gets and
answers as their interfaces are documented. None of it was seen on a real server.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest
from conda_parts import VERSION, assemble, make_python, write
from support import Devenv

pytestmark = pytest.mark.real

KEY = "a-secret-key"


@dataclass
class StandIn:
    """What was sent: method, path, key, body. files: name -> content, as a channel hands it out."""

    url: str = ""
    status: int = 0
    sent: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers for the stand-in that the server has."""

    @property
    def state(self) -> StandIn:
        found: StandIn = self.server.state  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        name, files = urlsplit(self.path).path.rsplit("/", 1)[-1], self.state.files
        if name == "repodata.json":
            records = {f: {"sha256": hashlib.sha256(data).hexdigest()} for f, data in files.items()}
            self.answer(200, json.dumps({"packages.conda": records}).encode())
        else:
            self.answer(200 if name in files else 404, files.get(name, b"{}"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = self.headers.get("Authorization", "")
        self.state.sent.append((self.command, self.path, key, body))
        if self.state.status:
            self.answer(self.state.status, b'{"error": "no"}')
            return
        form = re.search(rb"\r\n\r\n(PK\x03\x04.*)\r\n--", body, re.DOTALL)
        if self.command == "PUT":
            self.state.files[self.path.rsplit("/", 1)[-1]] = body
        elif form:
            named = [path for _, path, *_ in self.state.sent if path.endswith(".conda")]
            named += re.findall(r'filename="([^"]+)', body[:2000].decode(errors="replace"))
            self.state.files[named[0].rsplit("/", 1)[-1]] = form[1]
        stage = {"post_url": f"{self.state.url}/s3", "form_data": {"a": "b"}, "dist_id": "1"}
        self.answer(200, json.dumps(stage if "/stage/" in self.path else {}).encode())

    do_PUT = do_POST  # noqa: N815

    def answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None: ...


@contextmanager
def stand_in(status: int = 0) -> Iterator[StandIn]:
    """status: with which every upload is refused; 0 for none."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = StandIn(f"http://127.0.0.1:{server.server_address[1]}", status)
        server.state = state  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()


@pytest.fixture(scope="module")
def package(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built: the client of anaconda reads its about.json."""
    folder = tmp_path_factory.mktemp("servers")
    meta = (
        "package: {name: one, version: '1'}\n"
        "build: {number: 0, script: 'echo 1 > $PREFIX/one'}\n"
        "about: {summary: one}\n"
    )
    write(folder, {"one/meta.yaml": meta})
    make_devenv("servers")("conda", "build", folder / "one", "--output", folder / "channel")
    (found,) = folder.glob("channel/linux-64/*.conda")
    return found


TARGETS = {
    "prefix": ("{}/ours", "PREFIX_API_KEY", "POST", "/api/v1/upload/ours", f"Bearer {KEY}"),
    "artifactory": (
        "{}/artifactory/ours", "ARTIFACTORY_TOKEN", "PUT", "/artifactory/ours/linux-64/", f"Bearer {KEY}"
    ),
    "anaconda": ("{}/ours", "ANACONDA_API_KEY", "POST", "/stage/ours/one/1/", f"token {KEY}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_by_their_clients(devenv: Devenv, package: Path, kind: str) -> None:
    address, variable, method, path, key = TARGETS[kind]
    with stand_in() as server:
        upload = ("conda", "upload", package, "--to", kind, "-c", address.format(server.url))
        environ = {variable: KEY, "ANACONDA_SERVER_URL": server.url}
        done = devenv(*upload, **environ)
        assert "uploaded" in done.stdout
        assert server.files == {package.name: package.read_bytes()}
        assert any((m, k) == (method, key) and p.startswith(path) for m, p, k, _ in server.sent), [
            one[:3] for one in server.sent
        ]
        count = len(server.sent)
        assert "already there" in devenv(*upload, **environ).stdout
        server.files[package.name] = b"another"
        assert "already has a different" in devenv(*upload, code=6, **environ).stdout
        assert len(server.sent) == count
    kept = [p.read_text(errors="replace") for p in devenv.home.rglob("*") if p.is_file()]
    assert KEY not in "".join([done.stdout, *kept])


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize(("status", "words"), [(401, "the key is not valid"), (403, "may not do")])
def test_targets_that_refuse(
    devenv: Devenv, package: Path, kind: str, status: int, words: str
) -> None:
    address, variable, *_ = TARGETS[kind]
    with stand_in(status) as server:
        upload = ("conda", "upload", package, "--to", kind, "-c", address.format(server.url))
        environ = {variable: KEY, "ANACONDA_SERVER_URL": server.url}
        done = devenv(*upload, code=None, **environ)
    # The client of anaconda does not pass the status on.
    code, expected = (6, f"Check {variable}") if kind == "anaconda" else (2, words)
    assert (done.returncode, expected in done.stdout) == (code, True), done.stdout
    assert "Traceback" not in done.stdout and KEY not in done.stdout
    assert server.files == {}


class Slow(http.server.SimpleHTTPRequestHandler):
    def copyfile(self, source: IO[bytes], outputfile: IO[bytes]) -> None:  # type: ignore[override]
        stop, pause = self.server.stop, self.server.pause  # type: ignore[attr-defined]
        data = source.read()
        if stop in self.path:
            outputfile.write(data[: len(data) // 2])
            self.server.over.wait(60)  # type: ignore[attr-defined]
            return
        parts = 8 if pause and self.path.endswith(".conda") else 1
        for number in range(parts):
            start = number * len(data) // parts
            outputfile.write(data[start : (number + 1) * len(data) // parts])
            time.sleep(pause)

    def log_message(self, *arguments: object) -> None: ...


@contextmanager
def serving(channel: Path, stop: str = "no-such-file", pause: float = 0) -> Iterator[str]:
    """stop: a part of the names of files that are never sent in full. pause: between parts of a file."""
    handler = partial(Slow, directory=str(channel))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.stop, server.pause = stop, pause  # type: ignore[attr-defined]
        server.over = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()


@pytest.fixture(scope="module")
def channel(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for python, and a package that is not sent in one piece."""
    folder = tmp_path_factory.mktemp("silent")
    devenv = make_devenv("silent")
    make_python(devenv, folder, folder / "channel", VERSION, pip=False)
    (folder / "noise").write_bytes(random.Random(1).randbytes(400_000))  # noqa: S311
    files = {"share/big": folder / "noise"}
    assemble(folder / "channel", folder / "files", {"name": "big", "files": files})
    devenv("conda", "index", folder / "channel")
    (folder / "channel" / "c").symlink_to(".")
    recipe = (
        "package: {name: user, version: '1'}\n"
        "build: {number: 0, script: 'sleep 4; touch $PREFIX/user'}\n"
        "requirements: {host: [big]}\n"
    )
    write(folder, {"user/meta.yaml": recipe})
    return folder / "channel"


CREATE = ("create", "box", "--template", "conda", "--package", "big", "--channel", "URL")
BUILD = ("conda", "build", "RECIPE", "--channel", "URL", "--output", "out")
SILENT = {
    "index": ("repodata.json", ("conda", "search", "big", "--channel", "URL")),
    "solve": ("repodata.json", CREATE),
    "install": ("big-1", CREATE),
    "environment file": ("big-1", ("conda", "env", "create", "-f", "FILE")),
    "build": ("big-1", BUILD),
    "verify": ("big-1", ("conda", "verify", "PACKAGE", "-c", "URL")),
    "carry": ("big-1", ("conda", "carry", "PACKAGE", "carried", "-c", "URL")),
    "upload": ("repodata.json", ("conda", "upload", "PACKAGE", "-c", "URL/c", "--to", "prefix")),
}


def words(line: tuple[str, ...], url: str, channel: Path, folder: Path) -> list[str]:
    user = {"name": "user", "depends": ["big"]}
    assemble(folder / "user", folder / "files", user)
    text = f"name: box\nchannels: ['{url}']\ndependencies: [python, big]\n"
    write(folder, {"environment.yml": text})
    values = {
        "FILE": str(folder / "environment.yml"),
        "PACKAGE": str(folder / "user" / "linux-64" / "user-1-0.conda"),
        "RECIPE": str(channel.parent / "user"),
    }
    return [values.get(one, one.replace("URL", url)) for one in line]


@pytest.mark.parametrize("case", SILENT)
def test_a_server_that_falls_silent(
    devenv: Devenv, channel: Path, tmp_path: Path, case: str
) -> None:
    """One error within the limit, nothing half made; and the same command goes on when it is back."""
    stop, line = SILENT[case]
    cache = {"RATTLER_CACHE_DIR": str(tmp_path / "cache")}
    with serving(channel, stop) as url:
        typed = words(line, url, channel, tmp_path)
        started = time.monotonic()
        done = devenv(*typed, code=5, cwd=tmp_path, DEVENV_HTTP_TIMEOUT="3", **cache)
        assert time.monotonic() - started < 150
    assert re.search(r"within 3 s", done.stdout), done.stdout
    assert "Traceback" not in done.stdout and "the command was" not in done.stdout
    assert url in done.stdout
    left = [*devenv.home.glob("conda-envs/*"), *devenv.home.glob("envs/*")]
    left += [*tmp_path.glob("out/*/*.conda"), *tmp_path.glob("carried/*/*.conda")]
    assert left == []


def test_a_slow_server_is_not_silent(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    """The whole takes longer than the limit, and so does the script of a build: both go on."""
    environ = {"DEVENV_HTTP_TIMEOUT": "6", "RATTLER_CACHE_DIR": str(tmp_path / "cache")}
    with serving(channel, pause=1.5) as url:
        started = time.monotonic()
        devenv(*words(CREATE, url, channel, tmp_path), **environ)
        assert time.monotonic() - started > 7
    with serving(channel) as url:
        devenv(*words(BUILD, url, channel, tmp_path), cwd=tmp_path, **environ)
    assert [*tmp_path.glob("out/linux-64/user-1-*.conda")]


@pytest.mark.parametrize("value", ["soon", "0", "-1"])
def test_a_limit_that_is_none(devenv: Devenv, package: Path, value: str) -> None:
    upload = ("conda", "upload", package, "--to", "quetz", "-c", "http://127.0.0.1:9/get/c")
    done = devenv(*upload, code=2, DEVENV_HTTP_TIMEOUT=value)
    assert f"DEVENV_HTTP_TIMEOUT={value} is not a number of seconds" in done.stdout

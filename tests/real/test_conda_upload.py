"""devenv conda upload, carry and test: a real quetz server, folders, and servers that misbehave."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from conda_parts import assemble, channel_records, write
from quetz_server import Quetz, quetz
from support import Devenv, report_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quetz]:
    with quetz(tmp_path_factory.mktemp("quetz")) as running:
        yield running


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return made(tmp_path, "first")


def made(folder: Path, content: str) -> Path:
    """A package `one` with that content."""
    files = {"share/one": content}
    assemble(folder / content, folder / f"{content}-files", {"name": "one", "files": files})
    return folder / content / "linux-64" / "one-1-0.conda"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_upload_to_quetz(devenv: Devenv, server: Quetz, package: Path, tmp_path: Path) -> None:
    address, key = server.channel("ours"), {"QUETZ_API_KEY": server.key}
    arguments = ("conda", "upload", package, "--channel", address, "--to", "quetz")
    assert "uploaded" in devenv(*arguments, **key).stdout
    assert online(address) == package.read_bytes()
    assert "already there" in devenv(*arguments, **key).stdout
    other = made(tmp_path, "second")
    refused = devenv("conda", "upload", other, *arguments[3:], code=6, **key)
    assert f"{address} already has a different one-1-0.conda" in refused.stdout
    assert online(address) == package.read_bytes()
    assert "replaced" in devenv("conda", "upload", other, *arguments[3:], "--force", **key).stdout
    assert online(address) == other.read_bytes()
    assert server.key not in "".join(
        path.read_text(errors="replace") for path in devenv.home.rglob("*") if path.is_file()
    )


def online(address: str) -> bytes:
    with urllib.request.urlopen(f"{address}/linux-64/one-1-0.conda", timeout=30) as answer:  # noqa: S310
        data: bytes = answer.read()
    return data


def test_what_quetz_says_is_said_in_words(devenv: Devenv, server: Quetz, package: Path) -> None:
    address = server.channel("words")
    arguments = ("conda", "upload", package, "--to", "quetz", "--channel")
    none = devenv(*arguments, address, code=2).stdout
    assert "it wants a key" in none
    assert "QUETZ_API_KEY" in none
    wrong = devenv(*arguments, address, code=2, QUETZ_API_KEY="not-the-right-key").stdout
    assert "the key is not valid" in wrong
    assert "not-the-right-key" not in wrong
    nowhere = devenv(*arguments, f"{address}-2", code=2, QUETZ_API_KEY=server.key).stdout
    assert "has no channel words-2" in nowhere


def test_what_was_uploaded_is_installed_over_http(
    devenv: Devenv, server: Quetz, package: Path, tmp_path: Path
) -> None:
    address = server.channel("served")
    arguments = ("--channel", address, "--to", "quetz")
    devenv("conda", "upload", package, *arguments, QUETZ_API_KEY=server.key)
    found = devenv("conda", "search", "one", "--solve", "--channel", address).stdout
    assert "one" in found
    assert "served" in found
    user = tmp_path / "user"
    assemble(
        user, tmp_path / "f", {"name": "user", "depends": ["one"], "files": {"share/one": "2"}}
    )
    clobber = devenv("conda", "verify", user / "linux-64" / "user-1-0.conda", "-c", address, code=1)
    assert "one-1-0 and user-1-0 both install share/one" in clobber.stdout
    carried = tmp_path / "carried"
    devenv("conda", "carry", user / "linux-64" / "user-1-0.conda", carried, "-c", address)
    assert sorted(channel_records(carried)) == ["linux-64/one-1-0.conda", "linux-64/user-1-0.conda"]


def test_verify_reads_what_a_server_serves(devenv: Devenv, server: Quetz, package: Path) -> None:
    address = server.channel("verified")
    said = devenv("conda", "verify", address).stdout
    assert f"{address}: looked at" in said
    arguments = ("--channel", address, "--to", "quetz")
    devenv("conda", "upload", package, *arguments, QUETZ_API_KEY=server.key)
    devenv("conda", "verify", address)


NO_INDEX = (
    "{}", "[]", '{"packages": []}', "[" * 200_000, '{"packages": {"../../../one-1-0.conda": {}}}',
    '{"packages": {"one-1-0.conda": {"size": 1e999}}}', '{"packages": {"a\\n.conda": {}}}',
    '{"packages": {"%s.conda": {}}}' % ("x" * 300),
)  # fmt: skip


@pytest.mark.parametrize(
    "address", ["http://[::1/x", "http://host..bad/x", "http://127.0.0.1:1/ä", "ftp://host/x"]
)
def test_verify_refuses_an_odd_address(devenv: Devenv, address: str) -> None:
    done = devenv("conda", "verify", address, code=None)
    assert done.returncode in (2, 5), done.stdout


def test_verify_prints_no_token(devenv: Devenv) -> None:
    said = devenv("conda", "verify", "https://host/t/a-secret-one/channel", code=2).stdout
    assert "https://host/t/***/channel contains a user's name or a token" in said


def test_verify_finds_what_a_server_serves_wrong(devenv: Devenv, tmp_path: Path) -> None:
    """A folder behind a plain server, whose files are not those of its index any more."""
    channel = tmp_path / "channel"
    names = ("good", "changed", "cut", "gone")
    assemble(channel, tmp_path / "f", *({"name": n, "files": {f"share/{n}": n}} for n in names))
    devenv("conda", "index", channel)
    folder, other = channel / "linux-64", tmp_path / "other"
    assemble(other, tmp_path / "g", {"name": "changed", "files": {"share/changed": "otherwise"}})
    shutil.copy(other / "linux-64" / "changed-1-0.conda", folder)
    cut = (folder / "cut-1-0.conda").read_bytes()
    (folder / "cut-1-0.conda").write_bytes(cut[: len(cut) // 2])
    (folder / "gone-1-0.conda").unlink()
    with folder_served(channel) as url:
        done = devenv("conda", "verify", url, "--json", code=1)
        found = {(one["id"], one["what"].split("-1-0")[0].split("/")[-1]) for one in findings(done)}
        assert found == {
            ("conda-stale", "changed"), ("conda-stale", "cut"), ("conda-damaged", "cut"),
            ("conda-missing", "gone"),
        }  # fmt: skip
        said = devenv("conda", "verify", f"{url}/linux-64", code=2).stdout
        assert f"there is no channel at {url}/linux-64" in said
        for index in NO_INDEX:
            (folder / "repodata.json").write_text(index)
            assert "repodata.json is damaged" in devenv("conda", "verify", url, code=6).stdout, (
                index
            )
    with answering(status(200, b"{}", claimed=99)) as url:
        said = devenv("conda", "verify", url, code=5).stdout
        assert "an answer ended in the middle" in said


def findings(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return found


@contextmanager
def folder_served(folder: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None: ...

    serve = partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@contextmanager
def answering(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers everything in one way; the address of a channel of it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/get/channel"
        running.shutdown()


def status(
    code: int, body: bytes = b"", claimed: int = 0
) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    """claimed: the length that is said, if it is not that of the body."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        handler.send_response(code)
        handler.send_header("Content-Length", str(claimed or len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    ("code", "body", "exit_code", "message"),
    [
        (403, b"", 2, "the key may not do this, or there is no such channel"),
        (413, b"", 6, "too large"),
        (500, b'{"detail": "the database is gone"}', 6, "HTTP 500: the database is gone"),
        (200, b"<html>", 6, "its index is not valid JSON"),
    ],
)
def test_other_answers(
    devenv: Devenv, package: Path, code: int, body: bytes, exit_code: int, message: str
) -> None:
    with answering(status(code, body)) as address:
        done = devenv("conda", "upload", package, "-c", address, "--to", "quetz",
                      code=exit_code, QUETZ_API_KEY="some-secret-key")  # fmt: skip
    assert message in done.stdout
    assert "some-secret-key" not in done.stdout


def test_another_file_online_than_was_sent(devenv: Devenv, package: Path) -> None:
    with answering(status(200, b'{"packages.conda": {}}')) as address:
        done = devenv("conda", "upload", package, "-c", address, "--to", "quetz", code=6)
    assert "serves another file as one-1-0.conda" in done.stdout


def test_a_server_that_hangs_or_is_away(devenv: Devenv, package: Path) -> None:
    with answering(lambda handler: time.sleep(20)) as address:
        done = devenv("conda", "upload", package, "-c", address, "--to", "quetz",
                      code=5, DEVENV_HTTP_TIMEOUT="1")  # fmt: skip
        assert "no answer within 1 s" in done.stdout
    done = devenv("conda", "upload", package, "-c", address, "--to", "quetz", code=5)
    assert "cannot be reached: [Errno 111] Connection refused" in done.stdout


def test_upload_to_a_folder(devenv: Devenv, package: Path, tmp_path: Path) -> None:
    channel = tmp_path / "channel"
    arguments = ("--channel", channel)
    assert "published" in devenv("conda", "upload", package, *arguments).stdout
    assert "already there" in devenv("conda", "upload", package, *arguments).stdout
    other = made(tmp_path, "second")
    done = devenv("conda", "upload", other, *arguments, code=6)
    assert "already has a different one-1-0.conda" in done.stdout
    place = channel / "linux-64" / "one-1-0.conda"
    assert place.read_bytes() == package.read_bytes()
    devenv("conda", "upload", other, *arguments, "--force")
    record = channel_records(channel)["linux-64/one-1-0.conda"]
    assert record["sha256"] == sha256(other.read_bytes()) == sha256(place.read_bytes())


def test_packages_that_overwrite_each_other(devenv: Devenv, tmp_path: Path) -> None:
    """They are uploaded, since nobody may ever install both; but it is said."""
    first = made(tmp_path, "first")
    other = {"name": "other", "files": {"share/one": "second"}}
    assemble(tmp_path / "other", tmp_path / "other-files", other)
    second = tmp_path / "other" / "linux-64" / "other-1-0.conda"
    done = devenv("conda", "upload", first, second, "--channel", tmp_path / "channel")
    assert "both install share/one" in done.stdout
    assert len(channel_records(tmp_path / "channel")) == 2


@pytest.mark.parametrize("verb", ["upload", "carry", "test", "verify"])
def test_an_unsound_package_goes_nowhere(
    devenv: Devenv, package: Path, tmp_path: Path, verb: str
) -> None:
    channel = tmp_path / "channel"
    renamed = Path(shutil.copy(package, tmp_path / "other-1-0.conda"))
    broken = tmp_path / "broken-1-0.conda"
    broken.write_bytes(package.read_bytes()[:100])
    more = {"upload": ("-c", channel), "carry": (channel,)}.get(verb, ())
    for path, message in (
        (renamed, "it is one-1-0.conda"),
        (broken, "broken-1-0.conda cannot be read"),
        (tmp_path / "missing.conda", "no such file"),
    ):
        done = devenv("conda", verb, path, *more, code=None)
        assert done.returncode in (1, 2)
        assert message in done.stdout
    assert not channel.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "ftp", "-c", "http://h/c"), "unknown kind of server: 'ftp'"),
        (("--to", "quetz", "-c", "ours"), "'ours' is not the address of a channel"),
        (("--to", "quetz", "-c", "file:///x/y"), "is not the address of a channel"),
    ],
)
def test_bad_addresses(
    devenv: Devenv, package: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in devenv("conda", "upload", package, *arguments, code=2).stdout


def test_tests_of_a_package_run_in_a_fresh_environment(devenv: Devenv, tmp_path: Path) -> None:
    """The build passes them; what is broken afterwards is seen by `conda test`."""
    meta = """\
package: {name: tested, version: '1'}
build: {number: 0, script: 'mkdir -p $PREFIX/share; echo 1 > $PREFIX/share/tested'}
requirements: {run: [helper]}
test: {commands: ['test -f $PREFIX/share/tested', 'grep -q 1 $PREFIX/share/helper']}
"""
    helper = (
        "package: {name: helper, version: '1'}\n"
        "build: {number: 0, script: 'mkdir -p $PREFIX/share; echo 1 > $PREFIX/share/helper'}\n"
    )
    write(tmp_path, {"tested/meta.yaml": meta, "helper/meta.yaml": helper})
    channel = tmp_path / "channel"
    devenv("conda", "build", tmp_path / "tested", tmp_path / "helper", "--output", channel)
    (package,) = channel.glob("*/tested-*.conda")
    products = report_of(devenv, "conda build")["products"]
    assert {one["state"] for one in products} == {"made"}
    assert "passed" in devenv("conda", "test", package).stdout
    assert report_of(devenv, "conda test")["code"] == 0
    (tmp_path / "helper" / "meta.yaml").write_text(helper.replace("echo 1", "echo 2"))
    devenv("conda", "build", tmp_path / "helper", "--output", channel)
    done = devenv("conda", "test", package, code=1)
    assert "FAILED" in done.stdout
    assert "+ grep -q 1" in done.stdout
    assert "conda-test-" in done.stdout
    (other,) = channel.glob("*/helper-*.conda")
    assert "the package has no tests" in devenv("conda", "test", other).stdout

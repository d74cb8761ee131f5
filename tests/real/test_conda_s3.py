"""A channel in a bucket: rclone as a real server of S3, and moto as a mock for conditional writes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conda_parts import VERSION, assemble, make_python
from s3_server import SECRET, S3Server, environ_of, moto_s3, rclone_s3
from support import Devenv

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_s3(tmp_path_factory.mktemp("rclone")) as running:
        running.client.create_bucket(Bucket="ours")
        yield running


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with moto_s3(tmp_path_factory.mktemp("moto")) as running:
        running.client.create_bucket(Bucket="ours")
        yield running


def made(folder: Path, content: str, name: str = "one", **more: object) -> Path:
    files = {f"share/{name}": content}
    assemble(folder / content, folder / f"{content}-f", {"name": name, "files": files, **more})
    return folder / content / "linux-64" / f"{name}-1-0.conda"


def records(server: S3Server, channel: str, bucket: str = "ours") -> dict[str, Any]:
    text = server.keys(bucket)[f"{channel}/linux-64/repodata.json"]
    found: dict[str, Any] = json.loads(text)["packages.conda"]
    return found


def test_a_channel_in_a_bucket(devenv: Devenv, server: S3Server, tmp_path: Path) -> None:
    """Uploaded, refused, replaced, listed, and everything else in the bucket left as it is."""
    upload = ("conda", "upload", "--to", "s3", "-c", "s3://ours/team/channel")
    first, second = made(tmp_path, "first"), made(tmp_path, "second")
    server.client.put_object(Bucket="ours", Key="team/other", Body=b"other")
    assert "uploaded" in devenv(*upload, first, **server.environ).stdout
    objects = server.keys("ours")
    assert objects["team/channel/linux-64/one-1-0.conda"] == first.read_bytes()
    record = records(server, "team/channel")["one-1-0.conda"]
    assert (record["name"], record["size"]) == ("one", first.stat().st_size)
    assert json.loads(objects["team/channel/noarch/repodata.json"])["packages.conda"] == {}
    assert "already there" in devenv(*upload, first, **server.environ).stdout

    refused = devenv(*upload, second, code=6, **server.environ).stdout
    assert "s3://ours/team/channel already has a different one-1-0.conda" in refused
    assert server.keys("ours") == objects

    # Installers would prefer these, which are of before.
    for name in ("repodata.json.zst", "repodata_shards.msgpack.zst"):
        key = f"team/channel/linux-64/{name}"
        server.client.put_object(Bucket="ours", Key=key, Body=b"old")
    two = made(tmp_path, "2", "two")
    assert "replaced" in devenv(*upload, "--force", second, two, **server.environ).stdout
    objects = server.keys("ours")
    assert objects["team/channel/linux-64/one-1-0.conda"] == second.read_bytes()
    listed = records(server, "team/channel")
    assert sorted(listed) == ["one-1-0.conda", "two-1-0.conda"]
    assert listed["one-1-0.conda"]["sha256"] != record["sha256"]
    assert sorted(objects) == [
        "team/channel/linux-64/one-1-0.conda",
        "team/channel/linux-64/repodata.json",
        "team/channel/linux-64/two-1-0.conda",
        "team/channel/noarch/repodata.json",
        "team/other",
    ]
    texts = [p.read_text(errors="replace") for p in devenv.home.rglob("*") if p.is_file()]
    assert SECRET not in "".join(texts)


def test_an_environment_from_a_bucket(
    make_devenv: Callable[[str], Devenv], server: S3Server, tmp_path: Path
) -> None:
    """Searched, compared, carried away and installed, all over S3."""
    devenv = make_devenv("s3")
    local, address = tmp_path / "local", "s3://ours/served"
    make_python(devenv, tmp_path, local, VERSION, pip=False)
    one = made(tmp_path, "content")
    packages = [*local.glob("*/*.conda"), one]
    devenv("conda", "upload", "--to", "s3", "-c", address, *packages, **server.environ)
    search = ("conda", "search", "one", "--channel", address)
    assert address in devenv(*search, **server.environ).stdout
    assert "the only one" in devenv(*search, "--solve", **server.environ).stdout
    user = made(tmp_path, "user", "user", depends=["one"])
    verify = devenv("conda", "verify", user, "-c", address, **server.environ).stdout
    assert "both install" not in verify
    carried = tmp_path / "carried"
    devenv("conda", "carry", user, carried, "-c", address, **server.environ)
    copy = carried / "linux-64" / "one-1-0.conda"
    assert copy.read_bytes() == one.read_bytes()
    create = ("create", "box", "--template", "conda", "--channel", address, "--package", "one")
    devenv(*create, **server.environ)
    (file,) = (devenv.home / "conda-envs").glob("[!.]*/share/one")
    assert file.read_text() == "content"
    lock = (devenv.home / "envs/box/current/conda.lock").read_text()
    assert f"{address}/linux-64/one-1-0.conda" in lock
    assert "ran" in devenv("run", "box", "--", "python", "-c", "print('ran')").stdout


@pytest.mark.parametrize(
    ("address", "environ", "code", "message"),
    [
        ("s3://theirs/channel", {}, 2, "there is no bucket theirs"),
        ("s3://ours/c", {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, 2, "SignatureDoesNotMatch"),
        ("s3://ours/c", {"AWS_ACCESS_KEY_ID": "WRONGID"}, 2, "InvalidAccessKeyId"),
        ("s3://ours/c", {"AWS_ACCESS_KEY_ID": ""}, 2, "credentials"),
        ("s3://ours/c", {"AWS_PROFILE": "nobody"}, 2, "nobody"),
        ("s3://ours/c", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 5, "no connection"),
        ("s3://ours/c", {"AWS_ENDPOINT_URL": "nonsense"}, 2, "settings of S3 are not valid"),
        ("http://ours/c", {}, 2, "is not the address of a channel in S3"),
        ("s3://id:some-secret@ours/c", {}, 2, "is not the address of a channel in S3"),
    ],
)
def test_what_cannot_be_sent(
    devenv: Devenv,
    server: S3Server,
    tmp_path: Path,
    address: str,
    environ: dict[str, str],
    code: int,
    message: str,
) -> None:
    upload = ("conda", "upload", made(tmp_path, "x"), "--to", "s3", "-c", address)
    done = devenv(*upload, code=code, **{**server.environ, **environ})
    assert message in done.stdout
    assert "secret" not in done.stdout.replace("AWS_SECRET_ACCESS_KEY", "")
    assert not [key for key in server.keys("ours") if key.startswith("c/")]


@pytest.mark.parametrize("secret", ["wrong-secret", SECRET])
def test_no_signature_is_shown(devenv: Devenv, server: S3Server, secret: str) -> None:
    """The library's errors contain addresses that everybody could use for a while."""
    environ = {**server.environ, "AWS_SECRET_ACCESS_KEY": secret}
    done = devenv("conda", "search", "x", "-c", "s3://ours/nowhere", code=5, **environ)
    assert "s3://ours/nowhere" in done.stdout
    assert "Amz" not in done.stdout


def test_a_server_of_s3_that_is_silent(devenv: Devenv, tmp_path: Path) -> None:
    package = made(tmp_path, "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        environ = {**environ_of(url, tmp_path), "DEVENV_HTTP_TIMEOUT": "0.5"}
        done = devenv("conda", "upload", package, "--to", "s3", "-c", "s3://a/b", code=5, **environ)
    assert "no answer within 0.5 s" in done.stdout


def test_two_who_upload_at_once(
    make_devenv: Callable[[str], Devenv], mock: S3Server, tmp_path: Path
) -> None:
    """Neither takes the other's record away: the index is written only as it was read (a mock)."""
    packages = [made(tmp_path, f"c{number}", f"p{number}") for number in range(4)]
    environ = mock.environ

    def send(package: Path) -> None:
        devenv = make_devenv(package.name)
        devenv("conda", "upload", package, "--to", "s3", "-c", "s3://ours/busy", **environ)

    threads = [threading.Thread(target=send, args=(one,)) for one in packages]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(records(mock, "busy")) == sorted(one.name for one in packages)


def test_a_file_that_is_not_listed_is_not_replaced(
    devenv: Devenv, mock: S3Server, tmp_path: Path
) -> None:
    """Another process sent it and was killed before it listed it (a mock)."""
    first, second = made(tmp_path, "first"), made(tmp_path, "second")
    key = "half/linux-64/one-1-0.conda"
    mock.client.put_object(Bucket="ours", Key=key, Body=first.read_bytes())
    upload = ("conda", "upload", "--to", "s3", "-c", "s3://ours/half")
    refused = devenv(*upload, second, code=6, **mock.environ).stdout
    assert "already has a different one-1-0.conda, which its index does not list" in refused
    assert mock.keys("ours")[key] == first.read_bytes()
    assert "uploaded" in devenv(*upload, first, **mock.environ).stdout
    assert "one-1-0.conda" in records(mock, "half")

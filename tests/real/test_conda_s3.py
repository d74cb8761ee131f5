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

from devenv.products.conda.bucket import Bucket
from devenv.system.files import digest

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


def findings(devenv: Devenv, server: S3Server, *arguments: str) -> dict[str, list[str]]:
    """id -> what, of the findings."""
    done = devenv("conda", *arguments, "--json", code=None, **server.environ)
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout).get("findings", ()):
        found.setdefault(one["id"], []).append(one["what"])
    return found


def put(server: S3Server, key: str, content: bytes) -> None:
    server.client.put_object(Bucket="ours", Key=key, Body=content)


def test_a_bucket_is_indexed_and_verified(devenv: Devenv, server: S3Server, tmp_path: Path) -> None:
    """Packages that others put there by hand, with all that goes wrong then."""
    address, top = "s3://ours/by-hand", "by-hand/linux-64"
    one, two = (made(tmp_path, name, name).read_bytes() for name in ("one", "two"))
    put(server, f"{top}/one-1-0.conda", one)
    put(server, f"{top}/two-1-0.conda", two)
    assert sorted(findings(devenv, server, "verify", address)["conda-unlisted"]) == [
        "the index does not list linux-64/one-1-0.conda",
        "the index does not list linux-64/two-1-0.conda",
    ]
    assert "2 packages" in devenv("conda", "index", address, **server.environ).stdout
    assert findings(devenv, server, "verify", address) == {}
    first = server.keys("ours")
    assert json.loads(first["by-hand/noarch/repodata.json"])["packages.conda"] == {}
    search = ("conda", "search", "two", "--channel", address)
    assert "linux-64" in devenv(*search, "--json", **server.environ).stdout
    devenv("conda", "index", address, **server.environ)
    assert server.keys("ours") == first

    put(server, f"{top}/renamed-1-0.conda", one)
    put(server, f"{top}/half-1-0.conda", two[: len(two) // 2])
    put(server, "by-hand/noarch/one-1-0.conda", one)
    put(server, f"{top}/two-1-0.conda", made(tmp_path, "other", "two").read_bytes())
    put(server, f"{top}/repodata.json.zst", b"old")
    for verb in ("verify", "index"):
        found = findings(devenv, server, verb, address)
        assert found["conda-renamed"] == [
            "linux-64/renamed-1-0.conda was renamed: it is one-1-0.conda"
        ]
        assert found["conda-damaged"] == ["linux-64/half-1-0.conda cannot be read"]
        assert found["conda-subdir"] == ["noarch/one-1-0.conda is a package for linux-64"]
        devenv("conda", verb, address, code=1, **server.environ)
    before, after = (
        json.loads(keys[f"{top}/repodata.json"]) for keys in (first, server.keys("ours"))
    )
    assert sorted(after["packages.conda"]) == ["one-1-0.conda", "two-1-0.conda"]
    one_kept, two_kept = (
        before["packages.conda"][name] == after["packages.conda"][name]
        for name in ("one-1-0.conda", "two-1-0.conda")
    )
    assert (one_kept, two_kept) == (True, False)
    assert f"{top}/repodata.json.zst" not in server.keys("ours")


def test_an_index_in_a_bucket_that_is_wrong(
    devenv: Devenv, server: S3Server, tmp_path: Path
) -> None:
    address, top = "s3://ours/wrong", "wrong/linux-64"
    put(server, f"{top}/one-1-0.conda", made(tmp_path, "one").read_bytes())
    put(server, f"{top}/repodata.json", b"{")
    done = devenv("conda", "verify", address, code=6, **server.environ)
    assert f"{address}/linux-64/repodata.json is damaged" in done.stdout
    devenv("conda", "index", address, **server.environ)
    assert sorted(records(server, "wrong")) == ["one-1-0.conda"]
    server.client.delete_object(Bucket="ours", Key=f"{top}/one-1-0.conda")
    found = findings(devenv, server, "verify", address)
    assert found == {"conda-missing": ["the index lists linux-64/one-1-0.conda, which is missing"]}
    devenv("conda", "index", address, **server.environ)
    assert records(server, "wrong") == {}


@pytest.mark.parametrize("verb", ["index", "verify"])
@pytest.mark.parametrize(
    ("address", "environ", "code", "message"),
    [
        ("s3://ours/no/such", {}, 2, "nothing is stored there"),
        ("s3://theirs/channel", {}, 2, "there is no bucket theirs"),
        ("s3://ours/c", {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, 2, "SignatureDoesNotMatch"),
        ("ftp://host/channel", {}, 2, "is not the address of a channel in S3"),
    ],
)
def test_what_cannot_be_indexed(
    devenv: Devenv,
    server: S3Server,
    verb: str,
    address: str,
    environ: dict[str, str],
    code: int,
    message: str,
) -> None:
    before = server.keys("ours")
    done = devenv("conda", verb, address, code=code, **{**server.environ, **environ})
    assert message in done.stdout
    assert "wrong-secret" not in done.stdout
    assert server.keys("ours") == before


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


def test_two_who_index_while_others_upload(
    make_devenv: Callable[[str], Devenv], mock: S3Server, tmp_path: Path
) -> None:
    """The last index lists all packages, whoever wrote it (a mock)."""
    packages = [made(tmp_path, f"c{number}", f"p{number}") for number in range(4)]
    for one in packages[:2]:
        key = f"raced/linux-64/{one.name}"
        mock.client.put_object(Bucket="ours", Key=key, Body=one.read_bytes())
    upload = ("upload", "--to", "s3", "-c", "s3://ours/raced")
    index = ("index", "s3://ours/raced")
    commands = [index, (*upload, packages[2]), index, (*upload, packages[3])]

    def run(number: int) -> None:
        make_devenv(f"raced-{number}")("conda", *commands[number], **mock.environ)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(commands))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    listed = {name: record["sha256"] for name, record in records(mock, "raced").items()}
    assert listed == {one.name: digest(one) for one in packages}


def test_an_index_is_not_written_over_another(mock: S3Server) -> None:
    """It is written only as it was read (a mock)."""
    bucket = Bucket("s3://ours/guarded", mock.client, 5)
    assert bucket.write_index("linux-64", "{}", None)
    assert not bucket.write_index("linux-64", "[]", None)
    tag = bucket.objects()["linux-64/repodata.json"][1]
    assert bucket.write_index("linux-64", '{"a": 1}', tag)
    assert not bucket.write_index("linux-64", "[]", tag)
    assert mock.keys("ours")["guarded/linux-64/repodata.json"] == b'{"a": 1}'


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

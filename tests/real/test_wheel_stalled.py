"""Servers that fail in the middle of a transfer: of a wheel to an index, of an image to a registry."""

# ruff: noqa: S310
from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from package_indexes import PASSWORD, USER, Server, failing, pypiserver
from ports import free_port
from stalling import stalling
from support import Devenv
from wheel_image import Image
from wheel_samples import pure_wheel

pytestmark = pytest.mark.real

LOGIN = {"UV_PUBLISH_USERNAME": USER, "UV_PUBLISH_PASSWORD": PASSWORD}
LIMIT = {"DEVENV_HTTP_TIMEOUT": "8"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pypiserver(tmp_path_factory.mktemp("pypiserver")) as found:
        yield found


def large(folder: Path, version: str, megabytes: float = 8) -> Path:
    """A wheel that does not fit into the buffers of a connection."""
    return pure_wheel(folder, version, f"DATA = '{os.urandom(int(megabytes * 2**19)).hex()}'\n")


def port_of(server: Server) -> int:
    port = urlsplit(server.url).port
    assert port
    return port


def given_up(devenv: Devenv, *argv: object, **variables: str) -> str:
    """What the command prints; it ends with one error, soon."""
    began = time.monotonic()
    done = devenv("wheel", *argv, code=5, **LIMIT, **variables).stdout
    assert time.monotonic() - began < 120
    assert done.count("error:") == 1
    assert "run the same command again" in done
    assert PASSWORD not in done
    return done


@pytest.mark.parametrize("closes", [False, True], ids=["hangs", "closes"])
def test_an_index_that_fails_in_the_middle_of_a_wheel(
    devenv: Devenv, server: Server, tmp_path: Path, closes: bool
) -> None:
    number = int(closes)
    first, path = pure_wheel(tmp_path, f"1.{number}"), large(tmp_path, f"2.{number}")
    argv = ("upload", first, path, "--index")
    with stalling(port_of(server), 200_000, closes=closes) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/"
        done = given_up(devenv, *argv, url, UV_HTTP_RETRIES="1", **LOGIN)
        assert proxy.stalled
    assert url in done
    assert path.name in done
    assert not (server.folder / path.name).exists()
    done = devenv("wheel", *argv, server.url, "--json", **LOGIN).stdout
    states = {one["file"]: one["state"] for one in json.loads(done[done.index("{") :])["wheels"]}
    assert states == {first.name: "already there", path.name: "sent and verified"}
    for one in (first, path):
        assert (server.folder / one.name).read_bytes() == one.read_bytes()


def test_a_slow_index_is_not_given_up(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    """The limit is for silence: the whole takes longer, and most of it is in the system's queue."""
    path = large(tmp_path, "3.0", 1)
    began = time.monotonic()
    with stalling(port_of(server), pace=80_000) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/"
        devenv("wheel", "upload", path, "--index", url, UV_HTTP_TIMEOUT="8", **LIMIT, **LOGIN)
    assert time.monotonic() - began > 9
    assert (server.folder / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("status", [500, 503])
def test_an_index_with_an_error_once_and_always(
    devenv: Devenv, server: Server, tmp_path: Path, status: int
) -> None:
    path = pure_wheel(tmp_path, f"4.{status}")
    limits = {"UV_HTTP_RETRIES": "1", **LOGIN}
    with failing(10**6, server.url, method="POST", status=status) as (url, seen):
        done = given_up(devenv, "upload", path, "--index", url, **limits)
    assert seen
    assert str(status) in done
    assert not (server.folder / path.name).exists()
    with failing(1, server.url, method="POST", status=status) as (url, seen):
        devenv("wheel", "upload", path, "--index", url, code=None, **limits)
    devenv("wheel", "upload", path, "--index", server.url, **LOGIN)
    assert (server.folder / path.name).read_bytes() == path.read_bytes()


@contextmanager
def registry(folder: Path) -> Iterator[int]:
    """The port of a registry that keeps its images in `folder`."""
    port, config = free_port(), folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    argv, quiet = ["docker-registry", "serve", str(config)], subprocess.DEVNULL
    try:
        process = subprocess.Popen(argv, stdout=quiet, stderr=quiet)
    except FileNotFoundError:
        pytest.skip("docker-registry is not installed")
    try:
        deadline = time.monotonic() + 120
        while _fetched(f"http://127.0.0.1:{port}/v2/") is None:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def _fetched(url: str, accept: str = "*/*") -> bytes | None:
    try:
        request = urllib.request.Request(url, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: bytes = answer.read()
            return found
    except OSError:
        return None


@pytest.fixture
def small(image: Image, tmp_path: Path) -> Iterator[tuple[Devenv, str]]:
    """An image of one layer that cannot be compressed, made by devenv from a Dockerfile."""
    devenv, name = Devenv(tmp_path / "home", image.environ), "localhost/devenv-tests-small:1"
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "data").write_bytes(os.urandom(16 << 20))
    (tmp_path / "image" / "Dockerfile").write_text("FROM scratch\nCOPY data /data\n")
    devenv("wheel", "image", "build", name, "--file", tmp_path / "image" / "Dockerfile")
    yield devenv, name
    for pattern in ("localhost/devenv-tests-*:1", "127.0.0.1:*/small:1"):
        found = podman(devenv, "images", "-q", "--filter", f"reference={pattern}").split()
        if found:
            podman(devenv, "rmi", "-f", *dict.fromkeys(found))


def podman(devenv: Devenv, *words: str) -> str:
    environ = {**os.environ, **devenv.environ}
    return subprocess.check_output(["podman", *words], env=environ, text=True).strip()


def same_as_online(devenv: Devenv, name: str, port: int, repository: str) -> bool:
    """Whether the registry has the image: its configuration, whose hash is its ID, and its layers."""
    id_ = podman(devenv, "image", "inspect", "--format", "{{.Id}}", name)
    base = f"http://127.0.0.1:{port}/v2/{repository}"
    kinds = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.loads(_fetched(f"{base}/manifests/1", kinds) or b"{}")
    config = _fetched(f"{base}/blobs/{manifest['config']['digest']}") or b""
    layers = []
    for layer in manifest["layers"]:
        data = _fetched(f"{base}/blobs/{layer['digest']}") or b""
        assert "sha256:" + hashlib.sha256(data).hexdigest() == layer["digest"]
        plain = zlib.decompress(data, 16 + zlib.MAX_WBITS) if "gzip" in layer["mediaType"] else data
        layers.append("sha256:" + hashlib.sha256(plain).hexdigest())
    return hashlib.sha256(config).hexdigest() == id_.removeprefix("sha256:") and (
        json.loads(config)["rootfs"]["diff_ids"] == layers
    )


def test_a_registry_that_hangs_in_the_middle_of_a_push_and_of_a_pull(
    small: tuple[Devenv, str], tmp_path: Path
) -> None:
    devenv, name = small
    with registry(tmp_path) as port:
        with stalling(port, 1 << 20) as proxy:
            target = f"127.0.0.1:{proxy.port}/small:1"
            said = given_up(devenv, "image", "push", name, target)
            assert proxy.stalled
        assert f"the registry 127.0.0.1:{proxy.port} stopped answering" in said
        assert _fetched(f"http://127.0.0.1:{port}/v2/small/tags/list") is None
        devenv("wheel", "image", "push", name, f"127.0.0.1:{port}/small:1")
        assert same_as_online(devenv, name, port, "small")
        podman(devenv, "rmi", "-f", name)  # it would not be pulled again
        with stalling(port, 1 << 20) as proxy:
            file = tmp_path / "Dockerfile"
            file.write_text(f"FROM 127.0.0.1:{proxy.port}/small:1\nLABEL x=1\n")
            argv = ("image", "build", "localhost/devenv-tests-below:1", "--file", file)
            said = given_up(devenv, *argv)
            assert proxy.stalled
        assert f"the registry 127.0.0.1:{proxy.port} stopped answering" in said
        file.write_text(f"FROM 127.0.0.1:{port}/small:1\nLABEL x=1\n")
        devenv("wheel", *argv)
        assert same_as_online(devenv, f"127.0.0.1:{port}/small:1", port, "small")
    said = devenv("wheel", "image", "push", argv[2], f"127.0.0.1:{port}/small:1", code=4).stdout
    assert "refused" in said

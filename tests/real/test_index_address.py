"""The package index that people have set, in whatever tool's words, is asked; a dead one is named."""

from __future__ import annotations

import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support import Devenv

from devenv.core.errors import UnreachableError, UsageError
from devenv.system import archives, index

pytestmark = pytest.mark.real

DEAD = "http://me:s3cret@127.0.0.1:9/simple"
TEMPLATE = "summary: one package\nneuron: ''\npackages: [onlyhere]\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Nothing is set of an index, and nothing is cached."""
    names = ("UV_", "PIP_", "XDG_")
    others = {k: v for k, v in os.environ.items() if not k.startswith(names)}
    own = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0", "PIP_RETRIES": "1"}
    return {**others, **own, "HOME": str(tmp_path), "PIP_NO_CACHE_DIR": "1"}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing: it would stand among the output of the tests."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """An index with one package, which no other index has."""
    folder = tmp_path / "served" / "simple" / "onlyhere"
    folder.mkdir(parents=True)
    info = "onlyhere-1.0.dist-info"
    text = "Metadata-Version: 2.1\nName: onlyhere\nVersion: 1.0\n"
    with zipfile.ZipFile(folder / "onlyhere-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("onlyhere.py", "")
        archive.writestr(f"{info}/METADATA", text)
        wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")
    source = tmp_path / "onlyhere-1.0"
    source.mkdir()
    (source / "PKG-INFO").write_text(text)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "nothing"\n'
    )
    with tarfile.open(folder / "onlyhere-1.0.tar.gz", "w:gz") as tar:
        tar.add(source, "onlyhere-1.0")
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        server.shutdown()
        thread.join()


def settings(kind: str, url: str, folder: Path) -> dict[str, str]:
    if kind == "pip.conf":
        file = folder / ".config" / "pip" / "pip.conf"
        file.parent.mkdir(parents=True)
        file.write_text(f"[global]\nindex-url = {url}\n")
        return {}
    return {kind: url}


KINDS = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "pip.conf"]


@pytest.mark.parametrize("kind", KINDS)
def test_packages_and_source_releases_come_from_it(
    tmp_path: Path, environ: dict[str, str], served: str, kind: str
) -> None:
    environ |= settings(kind, served, tmp_path)
    lines = index.resolve(["onlyhere"], sys.executable, environ=environ)
    assert lines[0].startswith("onlyhere==1.0")
    out = tmp_path / "out"
    out.mkdir()
    assert archives.download("onlyhere", out, environ=environ).name == "onlyhere-1.0.tar.gz"


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_index_is_named_without_its_password(
    tmp_path: Path, environ: dict[str, str], kind: str
) -> None:
    environ |= settings(kind, DEAD, tmp_path)
    with pytest.raises(UnreachableError) as resolving:
        index.resolve(["onlyhere"], sys.executable, environ=environ)
    with pytest.raises(UnreachableError) as downloading:
        archives.download("onlyhere", tmp_path, environ=environ)
    for error in (resolving.value, downloading.value):
        assert f"the package index http://***@127.0.0.1:9/simple ({kind}) cannot be reached" in (
            error.what
        )
        assert "onlyhere" in error.what
        assert "refused" in error.what
        assert "s3cret" not in str(error)


class Refusing(Quiet):
    """An index that answers every request with `status`."""

    def __init__(self, *arguments: Any, status: int, **options: Any) -> None:
        self.status = status
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """The address of such an index, with a user and a password in it."""
    handler = partial(Refusing, status=status)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://me:s3cret@127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("status", "answer"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_an_index_that_refuses_the_password_is_named_and_not_the_package_blamed(
    tmp_path: Path, environ: dict[str, str], kind: str, status: int, answer: str
) -> None:
    with refusing(status) as url:
        environ |= settings(kind, url, tmp_path)
        with pytest.raises(UnreachableError) as resolving:
            index.resolve(["onlyhere"], sys.executable, environ=environ)
    error = resolving.value
    shown = url.replace("me:s3cret", "***")
    assert f"the package index {shown} ({kind}) denies access to onlyhere" in error.what
    assert f"{status} {answer}" in error.what
    assert "password" in error.fix
    assert "s3cret" not in str(error)


def test_an_index_without_a_source_release_is_named(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with refusing(404) as url, pytest.raises(UsageError) as downloading:
        archives.download("onlyhere", tmp_path, environ=environ | {"PIP_INDEX_URL": url})
    shown = url.replace("me:s3cret", "***")
    assert downloading.value.what == (
        f"the package index {shown} (PIP_INDEX_URL) has no source release of onlyhere"
    )
    assert "s3cret" not in str(downloading.value)


def test_an_index_without_the_package_is_named(environ: dict[str, str]) -> None:
    with refusing(404) as url, pytest.raises(UsageError) as resolving:
        index.resolve(["onlyhere"], sys.executable, environ=environ | {"UV_DEFAULT_INDEX": url})
    shown = url.replace("me:s3cret", "***")
    assert f"onlyhere was not found in the package index {shown} (UV_DEFAULT_INDEX)" in (
        resolving.value.what
    )
    assert "s3cret" not in str(resolving.value)


def test_an_index_that_nobody_set_is_named_as_uv_asks_it(environ: dict[str, str]) -> None:
    environ |= {"ALL_PROXY": "http://127.0.0.1:9"}
    with pytest.raises(UnreachableError, match=r"the package index https://\S+ cannot be reached"):
        index.resolve(["onlyhere"], sys.executable, environ=environ)


def test_the_variable_of_the_tool_itself_comes_first(
    tmp_path: Path, environ: dict[str, str], served: str
) -> None:
    environ |= {"UV_DEFAULT_INDEX": served, "PIP_INDEX_URL": DEAD}
    assert index.resolve(["onlyhere"], sys.executable, environ=environ)
    environ |= {"UV_DEFAULT_INDEX": DEAD, "PIP_INDEX_URL": served}
    assert archives.download("onlyhere", tmp_path / "cache", environ=environ).is_file()
    uv = tmp_path / ".config" / "uv" / "uv.toml"
    uv.parent.mkdir(parents=True)
    uv.write_text(f'index-url = "{served}"\n')
    for name in ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        del environ[name]
    settings("pip.conf", DEAD, tmp_path)
    assert index.resolve(["onlyhere"], sys.executable, environ=environ)


def test_an_environment_is_made_from_the_index_of_pip(
    tmp_path: Path, environ: dict[str, str], served: str
) -> None:
    devenv = Devenv(tmp_path / "home")
    template = tmp_path / "one.yaml"
    template.write_text(TEMPLATE)
    for_devenv = {k: v for k, v in environ.items() if k.startswith(("UV_", "PIP_", "HOME"))}
    made = ("create", "one", "--template", template)
    devenv(*made, **for_devenv, PIP_INDEX_URL=served)
    shown = devenv("run", "one", "--", "python", "-c", "import onlyhere; print(onlyhere.__file__)")
    assert str(devenv.home / "venvs") in shown.stdout

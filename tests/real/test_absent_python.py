"""A Python that the machine lacks: uv's build is installed, from a mirror that has it."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conda_parts import interpreters
from small_models import TEMPLATE, mod
from support import Devenv

pytestmark = pytest.mark.real

UPSTREAM = "https://github.com/astral-sh/python-build-standalone/releases/download"
"""What uv replaces by UV_PYTHON_INSTALL_MIRROR."""
OTHER = next((v for v in ("3.12", "3.13") if v in interpreters()), "")


def without_tests(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    unneeded = ("/test", "/site-packages/", "/__pycache__", "/config-", "/idlelib", "/share")
    return None if any(one in member.name for one in unneeded) else member


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables for uv; the archive is made from an interpreter of this machine."""
    if not OTHER or not sys.platform.startswith("linux"):
        pytest.skip("there is no second Python to make an archive from")
    folder = tmp_path_factory.mktemp("mirror")
    prefix = interpreters()[OTHER].parents[1]
    patch = prefix.name.split(".")[2]
    with tarfile.open(folder / "python.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(prefix, "python", filter=without_tests)
    download = {
        "name": "cpython", "arch": {"family": "x86_64", "variant": None}, "os": "linux",
        "libc": "gnu", "major": 3, "minor": int(OTHER[2:]), "patch": int(patch), "prerelease": "",
        "url": f"{UPSTREAM}/python.tar.gz", "sha256": None, "variant": None, "build": "1",
    }  # fmt: skip
    known = folder / "downloads.json"
    known.write_text(json.dumps({f"cpython-{OTHER}.{patch}-linux-x86_64-gnu": download}))
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "UV_PYTHON_INSTALL_MIRROR": f"http://127.0.0.1:{server.server_address[1]}",
        "UV_PYTHON_DOWNLOADS_JSON_URL": str(known),
    }
    server.shutdown()
    server.server_close()


@pytest.fixture
def bare(tmp_path: Path) -> Devenv:
    """A machine without that Python: neither pyenv nor uv has any."""
    (tmp_path / "mod").mkdir()
    (tmp_path / "mod" / "small0.mod").write_text(mod("small0"))
    (tmp_path / "small.yaml").write_text(TEMPLATE)
    nothing = {
        "PYENV_ROOT": str(tmp_path / "pyenv"),
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"),
    }
    return Devenv(tmp_path / "home", {"PATH": "/usr/bin:/bin", **nothing})


def create(bare: Devenv, *more: str, code: int = 0, **variables: str) -> str:
    root = bare.home.parent
    asked = ("--template", root / "small.yaml", "--models", root, "--python", OTHER)
    return bare("create", "absent", *asked, *more, code=code, **variables).stdout


def test_it_is_installed_and_the_environment_has_it(
    bare: Devenv, tmp_path: Path, mirror: dict[str, str]
) -> None:
    said = create(bare, "--dry-run", **mirror)
    assert f"uv python install --no-bin {OTHER}" in said
    assert f"Python {OTHER}, which is downloaded" in said
    assert not (tmp_path / "pythons").exists()
    assert f"devenv: download Python {OTHER}" in create(bare, **mirror)
    say = "import sys; print('RUNS', sys.version_info[:2], sys.base_prefix)"
    said = bare("run", "absent", "python", "-c", say).stdout
    assert f"RUNS (3, {OTHER[2:]}) {tmp_path / 'pythons'}" in said


def test_where_it_cannot_be_downloaded(
    bare: Devenv, tmp_path: Path, mirror: dict[str, str]
) -> None:
    nowhere = {**mirror, "UV_PYTHON_INSTALL_MIRROR": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}
    said = create(bare, code=5, **nowhere)
    assert said.count("devenv: error: ") == 1
    assert f"no Python {OTHER} is on this machine, and uv cannot install its own build" in said
    assert f"UV_PYTHON_INSTALL_MIRROR=URL uv python install {OTHER}" in said
    assert not (tmp_path / "home" / "envs" / "absent").exists()
    said = create(bare, code=2, **mirror, UV_PYTHON_DOWNLOADS="never")
    assert "downloads are not allowed" in said

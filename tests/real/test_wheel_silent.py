"""Servers that take the connection and never answer: a registry of images, and a package index."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Devenv
from wheel_image import PYTHON, Image

pytestmark = pytest.mark.real

LIMIT = {"DEVENV_HTTP_TIMEOUT": "1"}


@pytest.fixture
def silent() -> Iterator[str]:
    """HOST:PORT of a socket that listens; the system takes connections, and nobody reads them."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def given_up(devenv: Devenv, *argv: object) -> str:
    """What the command prints; it ends with one error, soon."""
    began = time.monotonic()
    done = devenv("wheel", *argv, code=5, **LIMIT).stdout
    assert time.monotonic() - began < 60
    assert done.count("error:") == 1
    assert "does not answer within 1 s" in done
    assert "DEVENV_HTTP_TIMEOUT" in done
    return done


def test_a_registry_that_is_silent(image: Image, tmp_path: Path, silent: str) -> None:
    devenv = Devenv(tmp_path / "home", image.environ)
    target = f"{silent}/devenv-debian:bookworm"
    said = given_up(devenv, "image", "push", "localhost/devenv-debian:bookworm", target)
    assert f"the registry {silent}" in said
    file = tmp_path / "Dockerfile"
    file.write_text(f"ARG BASE=x\nFROM --platform=linux/amd64 {silent}/base:1 AS one\nFROM $BASE\n")
    said = given_up(devenv, "image", "build", "localhost/x:1", "--file", file)
    assert f"the registry {silent}" in said


def test_an_index_that_is_silent(devenv: Devenv, tmp_path: Path, silent: str) -> None:
    index = f"http://user:s3cret-word@{silent}/simple/"
    said = given_up(devenv, "test", PYTHON, "simple==1.0", "--index", index)
    assert silent in said
    assert "s3cret-word" not in said
    assert not list((devenv.home / "wheels" / "tests").glob("*/*"))
    wrong = devenv(
        *("wheel", "test", PYTHON, "simple==1.0", "--index", index),
        code=2,
        DEVENV_HTTP_TIMEOUT="soon",
    ).stdout
    assert "DEVENV_HTTP_TIMEOUT=soon is not a number" in wrong

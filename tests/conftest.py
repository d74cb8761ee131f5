"""Shared by all tests: the program itself, and a guard against processes in the unit tests."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from support import Devenv

UNIT = Path(__file__).parent / "unit"

# A program that was started in the background ignores interrupts, and so does all that it starts: what
# is interrupted in a test is to end.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run: what fails in one can be had again in the next. For others:
# pytest --hypothesis-profile=default
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def no_accidental_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test that starts a process is no unit test."""
    if UNIT not in request.path.parents:
        return

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"a unit test started a process: {args[1:2]}")

    monkeypatch.setattr(subprocess.Popen, "__init__", refused)
    for name in ("execvpe", "execve", "execvp", "fork", "system", "posix_spawn"):
        monkeypatch.setattr(os, name, refused)


@pytest.fixture
def devenv(tmp_path: Path) -> Devenv:
    """The program with an empty $DEVENV_HOME."""
    return Devenv(tmp_path / "home")


@pytest.fixture(scope="session")
def make_devenv(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Devenv]:
    """Programs with homes that last for the session."""

    def make(name: str) -> Devenv:
        return Devenv(tmp_path_factory.mktemp(name) / "home")

    return make

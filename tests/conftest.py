"""Shared by all tests: the program itself, and a guard against processes in the unit tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from hypothesis import settings
from longest import LONGEST
from support import Devenv

UNIT = Path(__file__).parent / "unit"
NO_GIT_HOST = Path(__file__).parent / "no_git_host.gitconfig"

# A program that was started in the background ignores interrupts, and so does all that it starts: what
# is interrupted in a test is to end.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Python keeps what it compiles, as it does for people: else each process and each rank would compile
# NumPy again where who runs the tests sets that.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples in every run: what fails in one can be had again in the next. For others:
# pytest --hypothesis-profile=default
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-git-host",
        action="store_true",
        help="Run the tests that clone repositories, with every git host out of reach.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("no_git_host"):
        os.environ["GIT_CONFIG_GLOBAL"] = str(NO_GIT_HOST)
    # The workers' order below counts, not the number of tests in a file.
    config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses repositories; it alone is run where they are hidden. Long files begin first."""
    users = [item for item in items if {"repositories", "spack_home"} & set(_fixtures(item))]
    for item in users:
        item.add_marker("repositories")
    if config.getoption("no_git_host"):
        config.hook.pytest_deselected(items=[item for item in items if item not in users])
        items[:] = users
    if hasattr(config, "workerinput"):
        _longest_first(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where repositories are hidden, only what needs Spack itself may skip for it: see stand_ins.py."""
    report = yield
    why = str(report.longrepr)
    unreached = report.skipped and re.search("cannot be (cloned|reached)", why)
    if unreached and item.config.getoption("no_git_host") and "spack_home" not in _fixtures(item):
        report.outcome, report.longrepr = "failed", f"skipped without a git host: {why}"
    return report


def _longest_first(items: list[pytest.Item]) -> None:
    """Sort files by LONGEST, then by their number of tests."""
    counts = Counter(item.path for item in items)
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (ranks.get(item.path.stem, len(ranks)), -counts[item.path]))


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", []))


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


@contextmanager
def _waited_for() -> Iterator[None]:
    """What is started in the block is waited for in it.

    Else Python complains in another test, whenever it tidies up.
    """
    started: WeakSet[subprocess.Popen[bytes]] = WeakSet()
    start = subprocess.Popen.__init__

    def noted(process: subprocess.Popen[bytes], *args: Any, **options: Any) -> None:
        start(process, *args, **options)
        started.add(process)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", noted)
        yield
    left = [process for process in started if process.returncode is None]
    for process in left:
        process.kill()
        process.wait()
    assert not left, f"not waited for: {[process.args for process in left]}"


@pytest.fixture(autouse=True, scope="module")
def no_process_of_a_fixture_is_left() -> Iterator[None]:
    with _waited_for():
        yield


@pytest.fixture(autouse=True)
def no_process_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    with nullcontext() if UNIT in request.path.parents else _waited_for():
        yield


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

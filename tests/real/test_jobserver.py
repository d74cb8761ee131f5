"""How many compilers run at once: as the machine, the settings or a surrounding make allow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_models import Small, make_small, mod
from support import plain_environ

pytestmark = pytest.mark.real

COUNT = 5
MAKEFILE = """
own: ; +{devenv}
sub: ; {devenv}
both: own other
other: ; @sleep 1
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Its compiler says when it begins and when it ends, and takes its time."""
    found = make_small(tmp_path_factory.mktemp("jobs") / "home", "jobs", COUNT)
    found.build()
    compiler, wrapper = shutil.which("g++"), found.folder / "g++"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *" -c small"*) ;; *) exec {compiler} "$@" ;; esac\n'
        f'echo begin >> "{found.calls}"; sleep 0.2; {compiler} "$@"; code=$?\n'
        f'echo end >> "{found.calls}"; exit $code\n'
    )
    return found


def at_once(small: Small, value: int, *argv: str, **variables: str) -> int:
    """The most compilers at the same time, when `argv` builds everything anew."""
    for number in range(COUNT):
        small.path(f"small{number}").write_text(mod(f"small{number}", value / 7777 + number))
    small.calls.write_text("")
    environ = {k: v for k, v in plain_environ().items() if not k.startswith(("MAKE", "MFLAGS"))}
    environ |= {"DEVENV_HOME": str(small.devenv.home), **small.devenv.environ, **variables}
    done = subprocess.run(
        argv, cwd=small.folder, env=environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    running = most = 0
    lines = small.calls.read_text().split()
    assert (lines.count("begin"), lines.count("end")) == (COUNT, COUNT)
    for line in lines:
        running += 1 if line == "begin" else -1
        most = max(most, running)
    return most


def test_the_jobs_setting_and_the_option_count(small: Small) -> None:
    build = (sys.executable, "-m", "devenv", "-q", "build", small.name)
    assert at_once(small, 1, *build, DEVENV_JOBS="1") == 1
    assert at_once(small, 2, *build, DEVENV_JOBS="4") in (3, 4)
    assert at_once(small, 3, *build, "-j", "1", DEVENV_JOBS="4") == 1


def test_within_make_its_slots_count(small: Small) -> None:
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    devenv = f"'{sys.executable}' -m devenv -q build {small.name}"
    (small.folder / "Makefile").write_text(MAKEFILE.format(devenv=devenv))
    wide = {"DEVENV_JOBS": "4"}
    assert at_once(small, 4, "make", "-j1", "own", **wide) == 1
    assert at_once(small, 5, "make", "-j2", "own", **wide) == 2
    assert at_once(small, 6, "make", "-j3", "both", **wide) in (2, 3)
    # make gives no slots to a line that does not say it wants them.
    assert at_once(small, 7, "make", "-j3", "sub", **wide) == 1
    assert at_once(small, 8, "make", "own", **wide) in (3, 4)


def test_a_failure_gives_the_slots_back(small: Small) -> None:
    if not shutil.which("make"):
        pytest.skip("no make on this machine")
    path = small.path("small0")
    text = path.read_text()
    path.write_text(text.replace("i = g*(v - e)", "i = undeclared(v)"))
    done = subprocess.run(
        ["make", "-j3", "own"],
        cwd=small.folder,
        env={**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "undeclared" in done.stderr
    assert "jobserver tokens" not in done.stderr  # what make says where its slots do not come back
    path.write_text(text)


def test_a_fifo_is_a_jobserver_as_well(tmp_path: Path) -> None:
    """As make 4.4 has it: MAKEFLAGS names a fifo."""
    import os

    from devenv.core.plan import Parallel, Plan, Run
    from devenv.system.executor import execute

    fifo, log = tmp_path / "fifo", tmp_path / "log"
    os.mkfifo(fifo)
    end = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    os.write(end, b"+")
    script = f"echo begin >> '{log}'; sleep 0.2; echo end >> '{log}'"
    chains = tuple((Run(("sh", "-c", script)),) for _ in range(4))
    environ = {**os.environ, "MAKEFLAGS": f" -j2 --jobserver-auth=fifo:{fifo}"}
    execute(Plan("four", (Parallel("four", chains),)), environ=environ, jobs=4, quiet=True)
    running = [0]
    for line in log.read_text().split():
        running.append(running[-1] + (1 if line == "begin" else -1))
    assert max(running) == 2
    assert os.read(end, 9) == b"+"
    os.close(end)

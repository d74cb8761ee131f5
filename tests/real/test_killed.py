"""devenv killed (SIGKILL) while its children work: none of them outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

# Each starts `sleep` behind a shell, as make stands behind Spack, and says the number of it.
BODY = """
import os, sys, threading
from pathlib import Path
from devenv.core.plan import Plan, Run
from devenv.system import process
from devenv.system.executor import execute
folder = Path(sys.argv[1])
watch = process._GUARDIAN.watch
def watched(target):
    watch(target)
    (folder / f"watched{target}").touch()
process._GUARDIAN.watch = watched
line = ("sh", "-c", "sleep 300 & echo $! > $0.new; mv $0.new $0; wait")
def runner():
    execute(Plan("", (Run((*line, str(folder / "runner"))),)), environ=os.environ, quiet=True)
threading.Thread(target=runner).start()
threading.Thread(target=lambda: process.run((*line, str(folder / "run")))).start()
process.call(("sh", "-c", "echo $$ > $0.new; mv $0.new $0; exec sleep 300", str(folder / "call")),
             environ=os.environ)
"""
NAMES = ("runner", "run", "call")


def wait_until(what: str, condition: object, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_devenv_started_ends_with_it(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", BODY, str(tmp_path)], start_new_session=True)
    paths = [tmp_path / name for name in NAMES]
    try:
        wait_until("they do not start", lambda: all(path.exists() for path in paths))
        pids = [int(path.read_text()) for path in paths]
        assert all(map(alive, pids))
        # A process can be watched only after it has started: for a moment it could outlive devenv.
        watched = lambda: len([*tmp_path.glob("watched*")]) == len(NAMES)  # noqa: E731
        wait_until("they are not watched", watched)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_until(f"of {pids} some outlive it", lambda: not any(map(alive, pids)))
    finally:
        process.kill()
        process.wait()
        for path in paths:
            if path.exists() and alive(int(path.read_text())):
                os.kill(int(path.read_text()), signal.SIGKILL)

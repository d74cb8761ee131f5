"""Leases: the kernel's, kept over an exec, and gone with the process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from devenv.system.leases import alone, hold, holders, sharing, unheld

pytestmark = pytest.mark.real

HOLD = """
import os, sys
from pathlib import Path
from devenv.system.leases import hold
assert hold(Path(sys.argv[1]))
print("held", flush=True)
os.execvp("sleep", ["sleep", "300"])
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "it's a file"
    path.write_text("{}")
    return path


def start(file: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lease_is_kept_over_an_exec_and_ends_with_a_kill(file: Path) -> None:
    first, second = start(file), start(file)
    try:
        with unheld(file) as free:
            assert not free
        told = holders(file)
        assert {line.split(":")[0] for line in told} == {f"pid {p.pid}" for p in (first, second)}
        first.kill()
        first.wait()
        with unheld(file) as free:
            assert not free
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
            assert process.stdout
            process.stdout.close()
    with unheld(file) as free:
        assert free
    assert holders(file) == ()


def wait_for_a_waiter() -> None:
    """Until a thread of ours waits for a lock; the kernel lists them with an arrow."""
    deadline = time.monotonic() + 60
    while not re.search(rf"-> FLOCK .* {os.getpid()} ", Path("/proc/locks").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_removed_meanwhile_is_not_leased(file: Path) -> None:
    """Who asks while another removes it waits, and is told that it is gone."""
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(hold(file)))
    with unheld(file) as free:
        assert free
        asking.start()
        wait_for_a_waiter()
        assert not answers
        file.unlink()
    asking.join(60)
    assert answers == [False]
    assert not hold(file)
    with unheld(file) as free:
        assert free


def test_what_was_made_anew_under_its_name_is_another(file: Path) -> None:
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(hold(file)))
    with unheld(file):
        asking.start()
        wait_for_a_waiter()
        file.unlink()
        file.write_text("{}")
    asking.join(60)
    assert answers == [False]


def test_who_is_alone_does_not_wait_for_itself(file: Path) -> None:
    with alone(file, "the store"), sharing(file):
        pass
    script = "import sys; from pathlib import Path; from devenv.system.leases import sharing\n"
    script += "with sharing(Path(sys.argv[1])): print('has its share')"
    argv = [sys.executable, "-c", script, str(file)]
    with alone(file, "the store"), pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(argv, timeout=2, check=True)
    assert subprocess.check_output(argv, text=True) == "has its share\n"

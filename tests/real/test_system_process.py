"""Plans and commands with real processes: effects, ends, logs, locks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.core.errors import PreconditionError, StateError, StepError
from devenv.core.plan import Parallel, Plan, Run, Step, Write
from devenv.system import process
from devenv.system.executor import execute
from devenv.system.locks import locked

pytestmark = pytest.mark.real

AWKWARD = "a b'\"\n; echo $(x)"


def sh(script: str, *arguments: str, **fields: object) -> Run:
    return Run(("sh", "-c", script, "sh", *arguments), **fields)  # type: ignore[arg-type]


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def script(tmp_path: Path, body: str) -> list[str]:
    """argv of a Python program that uses devenv."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(body))
    return [sys.executable, str(path), str(tmp_path)]


def test_a_command_gets_its_folder_its_variables_and_its_words(tmp_path: Path) -> None:
    folder = tmp_path / AWKWARD
    folder.mkdir()
    step = sh(
        'printf "%s|" "$1" "$A" "${B-unset}" "$C" >out',
        AWKWARD,
        cwd=str(folder),
        env=(("A", AWKWARD), ("B", "")),
    )
    execute(Plan("t", (step,)), environ={**os.environ, "B": "b", "C": "c"}, quiet=True)
    assert (folder / "out").read_text() == f"{AWKWARD}|{AWKWARD}|unset|c|"


def test_a_failure_stops_the_plan_and_is_explained(tmp_path: Path) -> None:
    log = tmp_path / "log" / "plan.log"
    own = tmp_path / "own.log"
    steps = (
        sh("echo one; echo two >&2", log=str(own)),
        sh("echo 'x.c:3: error: no ;'; echo last; exit 7", title="compile x"),
        Write(f"{tmp_path}/never", ""),
    )
    with pytest.raises(StepError, match="compile x failed") as caught:
        execute(Plan("t", steps), environ=os.environ, log=log, quiet=True)
    assert caught.value.returncode == 7
    assert caught.value.log == str(log)
    assert "x.c:3: error: no ;" in caught.value.what
    assert own.read_text().splitlines()[1:] == ["one", "two"]
    assert log.read_text().endswith("error: no ;\nlast\n")
    assert not (tmp_path / "never").exists()


def test_a_log_is_appended_to_and_holds_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    step = sh('echo "$MY_TOKEN https://me:pw@host/"', env=(("INDEX", "https://me:pw@host/"),))
    execute(Plan("t", (step,)), environ={**os.environ, "MY_TOKEN": "hunter22"}, log=log, quiet=True)
    text = log.read_text()
    assert text.startswith("before\n$ INDEX=")
    assert text.endswith("*** https://***@host/\n")
    assert "hunter22" not in text
    assert "pw" not in text


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="'nosuch-command' was not found"):
        execute(Plan("t", (Run(("nosuch-command",)),)), environ=os.environ, quiet=True)
    with pytest.raises(StateError, match="gone is not a directory"):
        execute(Plan("t", (sh("true", cwd=f"{tmp_path}/gone"),)), environ=os.environ, quiet=True)
    with pytest.raises(PreconditionError, match="'nosuch-command'"):
        process.exec_(("nosuch-command",), os.environ)


def test_parallel_chains_run_at_once_but_no_more_than_jobs(tmp_path: Path) -> None:
    # Each waits until another one is there too: with less than two at once none would end.
    look = "i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep .05"
    meet = f"i=0; mkdir $1; while [ $(ls | wc -l) -lt 2 ]; do {look}; done"
    pair = Parallel("p", tuple((sh(meet, name, cwd=str(tmp_path)),) for name in "ab"))
    execute(Plan("t", (pair,)), environ=os.environ, jobs=2, quiet=True)
    alone = "mkdir busy || exit 1; sleep .05; rmdir busy"
    one = Parallel("p", tuple((sh(alone, cwd=str(tmp_path)),) for _ in range(4)))
    execute(Plan("t", (one,)), environ=os.environ, jobs=1, quiet=True)


def test_lines_of_parallel_chains_do_not_mix(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(300): sys.stdout.write(sys.argv[1] * 3000 + '\\n')"
    chains: tuple[tuple[Step, ...], ...] = tuple(
        (Run((sys.executable, "-c", code, letter)),) for letter in "ab"
    )
    log = tmp_path / "log"
    execute(Plan("t", (Parallel("p", chains),)), environ=os.environ, jobs=2, log=log, quiet=True)
    lines = [line for line in log.read_text().splitlines() if set(line) <= set("ab")]
    assert sorted(lines) == ["a" * 3000] * 300 + ["b" * 3000] * 300


def test_the_first_failure_ends_the_other_chains(tmp_path: Path) -> None:
    long = sh("sleep 600 & echo $! >pid; wait", cwd=str(tmp_path))
    failing = sh("while ! [ -s pid ]; do sleep .02; done; exit 3", cwd=str(tmp_path), title="it")
    pair = Parallel("p", ((long,), (failing, Write(f"{tmp_path}/never", ""))))
    begun = time.monotonic()
    with pytest.raises(StepError, match="it failed") as caught:
        execute(Plan("t", (pair,)), environ=os.environ, jobs=2, quiet=True)
    assert caught.value.returncode == 3
    assert time.monotonic() - begun < 60
    wait_for(lambda: not alive(int((tmp_path / "pid").read_text())))
    assert not (tmp_path / "never").exists()


STUBBORN = """
    import os, sys
    from devenv.core.plan import *
    from devenv.system.executor import execute
    top = sys.argv[1]
    deaf = "(trap '' TERM INT; sleep 600 & echo $! >$0.new; mv $0.new $0; wait) & wait"
    chains = tuple((Run(("sh", "-c", deaf, name), cwd=top),) for name in ("one", "two"))
    steps = (Write(top + "/s/f", ""), Parallel("p", chains), Rename(top + "/s", top + "/d"))
    try:
        execute(Plan("t", steps), environ=os.environ, jobs=2, quiet=True)
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_kills_grandchildren_and_removes_what_was_staged(
    tmp_path: Path, number: signal.Signals
) -> None:
    program = subprocess.Popen(script(tmp_path, STUBBORN), stdout=subprocess.PIPE, text=True)
    files = [tmp_path / "one", tmp_path / "two"]
    wait_for(lambda: all(f.exists() for f in files))
    pids = [int(f.read_text()) for f in files]
    assert all(alive(pid) for pid in pids)
    program.send_signal(number)
    out, _ = program.communicate(timeout=60)
    assert out == "interrupted\n"
    wait_for(lambda: not any(alive(pid) for pid in pids))
    assert not (tmp_path / "s").exists()
    assert not (tmp_path / "d").exists()


def test_a_server_left_behind_is_not_waited_for(tmp_path: Path) -> None:
    step = sh("setsid sleep 600 & echo $! >pid", cwd=str(tmp_path))
    begun = time.monotonic()
    execute(Plan("t", (step,)), environ=os.environ, quiet=True)
    assert time.monotonic() - begun < 60
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_capture_run_and_call_hand_on_output_and_codes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert process.capture(["sh", "-c", "echo out; echo err >&2"]) == "out\n"
    done = process.run(["sh", "-c", "printf '\\377'; echo 'e\\377' >&2; exit 3"], cwd=tmp_path)
    assert done.returncode == 3
    assert os.fsencode(done.stdout) == b"\xff"
    with pytest.raises(StepError, match="no way"):
        process.capture(["sh", "-c", "echo 'error: no way' >&2; exit 1"])
    assert process.call(["sh", "-c", "echo here; kill -TERM $$"], environ=os.environ) == 143
    assert capfd.readouterr().out == "here\n"


def test_exec_hands_on_the_code_and_the_default_signals(tmp_path: Path) -> None:
    body = """
        import os
        from devenv.system.process import exec_
        exec_(["sh", "-c", "yes | head -1; exit 5"], os.environ)
    """
    done = subprocess.run(script(tmp_path, body), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (5, "y\n", "")


HOLD = """
    import sys, time
    from pathlib import Path
    from devenv.system.locks import locked
    sys.argv[1:] = ["build", "neocortex", "--url=https://me:pw@host/"] + sys.argv[1:]
    with locked(Path(sys.argv[-1], "lock"), "environment neocortex"):
        print("held", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    program = subprocess.Popen(script(tmp_path, HOLD), stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "held\n"
    return program


def test_who_waits_is_told_for_whom(
    tmp_path: Path, holder: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        with (
            pytest.raises(StateError, match=f"in use by pid {holder.pid} on"),
            locked(tmp_path / "lock", "environment neocortex", wait=0.1),
        ):
            raise AssertionError("two hold one lock")
        said = capsys.readouterr().err
        assert said.startswith(
            f"devenv: waiting for environment neocortex, held by pid {holder.pid}"
        )
        assert "devenv build neocortex" in said
        assert "pw" not in said
    finally:
        holder.kill()
        holder.communicate()


def test_a_dead_holder_does_not_block(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()
    begun = time.monotonic()
    with locked(tmp_path / "lock", "environment neocortex", wait=60):
        assert time.monotonic() - begun < 30
        with (
            pytest.raises(StateError, match=f"pid {os.getpid()}"),
            locked(tmp_path / "lock", "it", wait=0.1),
        ):
            pass
    with locked(tmp_path / "lock", "environment neocortex", wait=0.1):
        pass


def test_commands_that_wait_for_each_other_run_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reads = ["sh", "-c", "read word <pipe; echo $word; exit 4"]
    writes = ["sh", "-c", "echo met >pipe; echo said >&2"]
    first, second = process.run_all([reads, writes], cwd=tmp_path)
    assert (first.returncode, first.stdout) == (4, "met\n")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "said\n")


def test_a_command_beside_a_block_that_fails_is_ended(tmp_path: Path) -> None:
    program = ["sh", "-c", "echo $$ >pid; exec sleep 600"]
    with pytest.raises(StateError), process.beside(program, cwd=tmp_path):
        wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip(), 60)
        raise StateError("the block fails")
    assert not alive(int((tmp_path / "pid").read_text()))

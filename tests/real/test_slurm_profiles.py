"""`devenv test` on a real Slurm: each run is its own, and what can never start is refused."""

from __future__ import annotations

import signal
import time

import pytest
from own_package import Own, make_own
from slurm_cluster import Cluster, full
from support import report_of
from tiny import Tiny

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def own(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Own:
    return make_own(tiny.devenv, "owns-slurm", tmp_path_factory.mktemp("owns-slurm"))


def test_a_queued_run_executes_its_own_tests(own: Own, slurm: Cluster) -> None:
    text = "def test_bad(): assert False\ndef test_good(): pass\n"
    own.write({"tests/test_it.py": text})
    with full(slurm):
        queued = own.start("-e", "own", "--", "-k", "bad", **slurm.environ)
        queued.wait_for(lambda: "waits: " in queued.said)
        local = own.test("-e", "own", "--launcher", "local", "--", "-k", "good", **slurm.environ)
        assert "own: 1 passed, 0 failed" in local
    with queued:
        code, said = queued.end()
    assert code == 1, said
    assert "own: 0 passed, 1 failed" in said


def test_where_the_tests_run_is_an_option(own: Own, slurm: Cluster) -> None:
    own.write({"tests/test_it.py": "def test_it(): pass\n"})
    step = "the tests run in a job step"
    assert step in own.test("-e", "own", "--on", "slurm", **slurm.environ)
    assert "--on slurm" in report_of(own.devenv, "test")["command"]
    here = own.test("-e", "own", "--on", "here", **slurm.environ)
    assert step not in here
    assert "own: 1 passed, 0 failed" in here
    arguments = ("test", "--env", "owns-slurm", "-e", "own", "--on", "slurm")
    none = own.devenv(*arguments, code=3, SLURM_CONF="/nowhere").stdout
    assert "there is no Slurm here" in none


STARTS = """\
import os, subprocess, sys

def test_neuron_starts_mpi():
    assert not [n for n in os.environ if n.startswith(("SLURM_", "PMI")) and n != "SLURM_CONF"]
    code = "from neuron import h; h.nrnmpi_init(); print('NHOST', int(h.ParallelContext().nhost()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "NHOST 1" in done.stdout, done.stdout + done.stderr
"""


PASSES_ALL = """\
[testenv:unit]
deps = pytest
pass_env = *
commands = pytest -p no:cacheprovider {posargs:tests}
"""


@pytest.mark.parametrize("before", [(), ("srun", "-n", "1", "-c", "2")], ids=["login", "step"])
def test_neuron_starts_in_an_own_environment_that_passes_slurms_variables(
    own: Own, slurm: Cluster, before: tuple[str, ...]
) -> None:
    own.write({"tox.ini": PASSES_ALL, "tests/test_it.py": STARTS})
    with own.start("-e", "unit", before=before, **slurm.environ) as started:
        code, said = started.end()
    assert code == 0, said
    assert "1 passed" in said


@pytest.mark.parametrize(
    "words",
    [("-n", "99"), ("-n", "3", "-N", "3"), ("--threads", "99"), ("-C", "nosuch")],
    ids=" ".join,
)
def test_what_can_never_start_is_refused_before_any_work(
    own: Own, slurm: Cluster, words: tuple[str, ...]
) -> None:
    own.write({"tests/test_it.py": "def test_it(): pass\n"})
    said = own.test("-e", "own", *words, code=3, **slurm.environ)
    assert "Slurm cannot start this" in said
    assert "install" not in said
    assert "report" not in said
    slurm.wait_empty()


def test_tests_on_ranks_wait_no_longer_than_they_are_to(own: Own, slurm: Cluster) -> None:
    own.write({"tests/test_it.py": "def test_it(): pass\n"})
    own.test("-e", "own", "-n", "2", **slurm.environ)
    with full(slurm):
        before, began = slurm.queue(), time.monotonic()
        said = own.test("-e", "own", "-n", "2", "--max-wait", "2s", code=6, **slurm.environ)
        assert "did not start within 2 s" in said
        assert time.monotonic() - began < 60
        assert sorted(slurm.queue()) == sorted(before)


def test_an_interrupted_wait_leaves_no_job_behind(own: Own, slurm: Cluster) -> None:
    own.write({"tests/test_it.py": "def test_it(): pass\n"})
    with full(slurm):
        before = slurm.queue()
        with own.start("-e", "own", "-n", "2", **slurm.environ) as waiting:
            waiting.wait_for(lambda: "waits: " in waiting.said)
            waiting.process.send_signal(signal.SIGINT)
            code, said = waiting.end()
        assert code == 130, said
        assert sorted(slurm.queue()) == sorted(before)


COMMANDS = {
    "run": ("run", "owns-slurm", "-n", "2", "--", "true"),
    "test": ("test", "--env", "owns-slurm", "-e", "own"),
    "test on ranks": ("test", "--env", "owns-slurm", "-e", "own", "-n", "2"),
    "alloc": ("alloc", "owns-slurm", "--", "true"),
    "submit": ("submit", "owns-slurm", "--", "true"),
    "build": ("build", "owns-slurm", "--on", "slurm"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_job_that_is_over_is_named_as_such(own: Own, slurm: Cluster, command: str) -> None:
    """A login shell in which SLURM_JOB_ID was left behind, by a salloc that ended or a copied script."""
    job = slurm("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "true").strip()
    slurm.wait_empty()
    for over in (job, "987654"):
        stale = {**slurm.environ, "SLURM_JOB_ID": over}
        # A batch job does not take part in the one that we are in: it is submitted all the same.
        code = 0 if command == "submit" else 6
        said = own.devenv(*COMMANDS[command], code=code, **stale).stdout
        assert f"SLURM_JOB_ID={over}" in said
        assert "unset SLURM_JOB_ID" in said
        assert "expired" not in said
    slurm.wait_empty()

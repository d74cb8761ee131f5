"""devenv run under a real Slurm: ranks that find each other, refusals, waits, Ctrl-C."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mpich import Mpich
from slurm_cluster import CPUS, Cluster, full, wait
from support import EXPECTED, RING, plain_environ, raster
from tiny import Tiny

pytestmark = pytest.mark.real

SIMULATE = ("neurodamus", "simulation_sonata.json")


def simulate(tiny: Tiny, slurm: Cluster, out: Path, *options: str, **variables: str) -> str:
    """The ring on ranks; all it printed, once its raster was found to be right."""
    output = tiny.devenv(
        *("run", "tiny", "--no-build", *options, "--", *SIMULATE, f"--output-path={out}"),
        cwd=tiny.circuit,
        PYTHONPATH=str(RING),
        **{**slurm.environ, **variables},
    ).stdout
    ranks = int(options[options.index("-n") + 1])
    assert output.count(f"numprocs={ranks}") == output.count("numprocs=") == 1
    found = raster(out)
    assert (found["ranks"], len(found["cells_per_rank"])) == (ranks, ranks)
    assert min(found["cells_per_rank"]) > 0
    assert found["sha256"] == EXPECTED["sha256"]
    return output


def test_ranks_find_each_other_under_srun_and_mpirun(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    simulate(tiny, slurm, tmp_path / "two", "-n", "2")
    simulate(tiny, slurm, tmp_path / "four", "-n", "4", "-C", "cpu", "-A", "proj16")
    simulate(tiny, slurm, tmp_path / "mpirun", "-n", "2", "--launcher", "mpi")
    slurm.wait_empty()


def test_mpich_meets_its_ranks_through_pmi2(
    tiny: Tiny, slurm: Cluster, mpich: Mpich, tmp_path: Path
) -> None:
    shown = dry(tiny, slurm, "-n", "2", **mpich.environ)
    assert "--mpi=pmi2" in shown
    simulate(tiny, slurm, tmp_path / "srun", "-n", "2", **mpich.environ)
    own = {**mpich.environ, "PATH": os.pathsep.join((mpich.bin, os.environ["PATH"]))}
    simulate(tiny, slurm, tmp_path / "mpirun", "-n", "2", "--launcher", "mpi", **own)
    # Without the library of its own it would be two simulations of one rank.
    only = {"PATH": mpich.bin, "LD_LIBRARY_PATH": mpich.environ["LD_LIBRARY_PATH"]}
    done = tiny.devenv(
        *("run", "tiny", "--no-build", "-n", "2", "--launcher", "mpi", "--", "true"),
        cwd=tiny.circuit,
        code=3,
        **{**slurm.environ, **only},
    )
    assert re.search("mpirun here is that of MPICH.*NEURON opens Open MPI's", done.stdout)


def dry(tiny: Tiny, slurm: Cluster, *options: str, **variables: str) -> str:
    return tiny.devenv(
        *("run", "tiny", "--no-build", "--dry-run", *options, "--", "true"),
        cwd=tiny.circuit,
        **{**slurm.environ, **variables},
    ).stdout


def test_where_it_runs_depends_on_where_we_are(tiny: Tiny, slurm: Cluster) -> None:
    outside = dry(tiny, slurm, "-n", "2", "-p", "interactive", "--time", "10", "--threads", "2")
    for option in ("--partition=interactive", "--time=10", "--cpus-per-task=2", "--mpi=pmix"):
        assert option in shlex.split(outside.splitlines()[0])
    assert "# Slurm is here" in outside
    elsewhere = dry(tiny, slurm, "-n", "2", SLURM_CONF="/nowhere")
    assert "# no scheduler, but an mpirun" in elsewhere
    script = (
        "devenv run tiny --no-build --dry-run -n 2 -- true;"
        " srun -n 2 devenv run tiny --no-build --dry-run -- true"
    )
    environ = {"PATH": own_path(), "DEVENV_HOME": str(tiny.devenv.home)}
    printed = subprocess.run(
        ["salloc", "-n", "2", "sh", "-c", script],
        env={**plain_environ(), **slurm.environ, **environ},
        cwd=tiny.circuit,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "# inside an allocation" in printed
    assert printed.count("# inside a job step of 2 ranks nothing is nested") == 2
    assert "comment" not in printed, "a step of an allocation is no job of its own"


def own_path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-n", "99"), "Requested node configuration is not available"),
        (("-N", "3"), "Requested node configuration is not available"),
        (("-C", "nosuch"), "Invalid feature specification"),
        (("-p", "nosuch"), "Invalid partition name"),
        (("--gpus", "3"), "Requested node configuration is not available"),
        (("-p", "interactive", "--time", "100:00:00"), "Partition(Config|TimeLimit)"),
    ],
)
def test_what_can_never_start_is_refused_at_once(
    tiny: Tiny, slurm: Cluster, options: tuple[str, ...], says: str
) -> None:
    done = tiny.devenv(
        *("run", "tiny", "--no-build", *options, "--", "true"),
        cwd=tiny.circuit,
        code=3,
        **slurm.environ,
    )
    assert re.search(f"Slurm cannot start this .*: .*{says}", done.stdout), done.stdout
    assert f"prod* infinite 1 {CPUS} cpu,volta" in done.stdout, "what there is instead is said"
    slurm.wait_empty()


def test_a_wait_is_told_and_bounded(tiny: Tiny, slurm: Cluster) -> None:
    with full(slurm):
        before = slurm.queue()
        done = tiny.devenv(
            *("run", "tiny", "--no-build", "-n", "4", "--max-wait", "3s", "--", "true"),
            cwd=tiny.circuit,
            code=6,
            **slurm.environ,
        )
        assert re.search(
            r"job \d+ waits: (Resources|Priority); estimated start 20\d\d-", done.stdout
        )
        assert re.search(r"job \d+ did not start within 3 s", done.stdout)
        assert sorted(slurm.queue()) == sorted(before)


@pytest.mark.parametrize("waiting", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_job_behind(
    tiny: Tiny, slurm: Cluster, number: signal.Signals, waiting: bool
) -> None:
    """Ctrl-C reaches the whole foreground; a kill, the devenv alone."""
    hold = {"DEVENV_SRUN_ARGS": "--begin=now+1hour"} if waiting else {}
    environ = {**plain_environ(), **slurm.environ, **hold, "DEVENV_HOME": str(tiny.devenv.home)}
    argv = (sys.executable, "-m", "devenv", "run", "tiny", "--no-build", "-n", "2", "--")
    process = subprocess.Popen(
        [*argv, "sleep", "300"],
        env=environ,
        cwd=tiny.circuit,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wanted = "PENDING" if waiting else "RUNNING"
        there = ("squeue", "-h", "-o", "%T")
        wait(lambda: wanted in slurm(*there), 120, lambda: f"no job: {slurm(*there)}")
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        output = process.communicate(timeout=120)[0]
    finally:
        process.kill()
    assert process.returncode == 130, output
    assert "Traceback" not in output
    slurm.wait_empty()


def test_the_commands_exit_code_and_output_are_its_own(tiny: Tiny, slurm: Cluster) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    done = tiny.devenv(
        *("run", "tiny", "--no-build", "-n", "1", "--", "python", "-c", code),
        cwd=tiny.circuit,
        code=7,
        **slurm.environ,
    )
    assert {"out", "err"} <= set(done.stdout.splitlines())

"""A cluster of two nodes: ranks, arrays and the proof on both, and what one of them alone can do."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from slurm_cluster import CPUS, Cluster, wait
from support import EXPECTED, RING, plain_environ, raster
from tiny import Tiny

pytestmark = pytest.mark.real

SIMULATE = 'echo "rank $SLURM_PROCID on $SLURMD_NODENAME"; exec neurodamus simulation_sonata.json'

SAY = """sh -c 'echo "rank $SLURM_PROCID on $SLURMD_NODENAME"'"""
DEVENV = shlex.join((sys.executable, "-m", "devenv"))


@pytest.fixture
def nodes(slurm: Cluster) -> Cluster:
    if len(slurm.nodes) < 2:
        pytest.skip("this Slurm was built for one slurmd on a machine (no slurmd -N)")
    return slurm


def placed(output: str) -> dict[str, int]:
    """node -> how many ranks said that they are on it."""
    said = re.findall(r"^rank \d+ on (\w+)$", output, re.MULTILINE)
    return {node: said.count(node) for node in said}


def run(tiny: Tiny, nodes: Cluster, *words: object, code: int = 0, **variables: str) -> str:
    environ = {**nodes.environ, "PYTHONPATH": str(RING)}
    command = ("run", "tiny", "--no-build", *words)
    return tiny.devenv(*command, cwd=tiny.circuit, code=code, **{**environ, **variables}).stdout


def test_a_simulation_on_two_nodes(tiny: Tiny, nodes: Cluster, tmp_path: Path) -> None:
    """And its proof in every rank: one copy on one of the nodes ends all."""
    out = f" --output-path={tmp_path}/out"
    output = run(tiny, nodes, "-N", 2, "-n", 4, "--", "sh", "-c", SIMULATE + out)
    assert set(placed(output)) == set(nodes.nodes)
    assert sum(placed(output).values()) == 4
    assert output.count("numprocs=4") == output.count("numprocs=") == 1
    found = raster(tmp_path / "out")
    assert (found["ranks"], len(found["cells_per_rank"])) == (4, 4)
    assert found["sha256"] == EXPECTED["sha256"]
    shutil.rmtree(tmp_path / "out")
    copy = tmp_path / "copy"
    shutil.copytree(tiny.source / "neurodamus", copy / "neurodamus", ignore_dangling_symlinks=True)
    there = f'[ "$SLURMD_NODENAME" = two ] && export PYTHONPATH="{copy}:$PYTHONPATH"; '
    output = run(tiny, nodes, "-N", 2, "-n", 2, "--", "sh", "-c", there + SIMULATE + out, code=6)
    assert placed(output) == {"one": 1, "two": 1}
    assert output.count(f"another copy is imported: neurodamus from {copy}") == 1
    assert not (tmp_path / "out").exists()
    nodes.wait_empty()


def test_what_one_node_alone_has(tiny: Tiny, nodes: Cluster) -> None:
    say = ("--", *shlex.split(SAY))
    assert placed(run(tiny, nodes, "-n", 3, "-C", "volta", *say)) == {"one": 3}
    assert set(placed(run(tiny, nodes, "-n", 9, *say))) == {"one", "two"}
    refused = run(tiny, nodes, "-N", 2, "-C", "volta", *say, code=3)
    assert "Slurm cannot start this (-n 2 --nodes=2 --constraint=volta)" in refused
    alloc = ("alloc", "tiny", "-N", "2", "--", "sh", "-c", f"{DEVENV} run -N 2 --no-build -- {SAY}")
    done = tiny.devenv(*alloc, cwd=tiny.circuit, **nodes.environ)
    assert placed(done.stdout) == {"one": 1, "two": 1}
    nodes.wait_empty()


def test_an_array_on_two_nodes(tiny: Tiny, nodes: Cluster) -> None:
    """Each task of all of a node's cores, and two at once; then one task over both nodes."""
    say = 'echo "rank $SLURM_ARRAY_TASK_ID on $SLURMD_NODENAME"; sleep 1'
    log = logged(
        tiny, nodes, "--array", "0-3%2", "--threads", "8", "-n", "1", "--", "sh", "-c", say
    )
    assert set(placed(log)) == {"one", "two"}
    assert sum(placed(log).values()) == 4
    say = f'echo "rank $SLURM_NNODES on $SLURM_NTASKS"; {DEVENV} run -N 2 --no-build -- {SAY}'
    log = logged(tiny, nodes, "-N", "2", "--", "sh", "-c", say)
    assert placed(log) == {"2": 1, "one": 1, "two": 1}


def logged(tiny: Tiny, nodes: Cluster, *words: str) -> str:
    """The log of a job, once it is over."""
    submit = ("submit", "tiny", "--no-build", "--json", *words)
    done = tiny.devenv(*submit, cwd=tiny.circuit, **nodes.environ)
    nodes.wait_empty()
    job = json.loads(done.stdout[done.stdout.index("{") :])["job"]
    return tiny.devenv("logs", job, **nodes.environ).stdout


def test_a_node_that_is_drained(tiny: Tiny, nodes: Cluster) -> None:
    """What needs it is told so, or waits as a batch job; the other one works on."""
    nodes("scontrol", "update", "nodename=two", "state=drain", "reason=a bad disk")
    try:
        refused = run(tiny, nodes, "-N", 2, "--", "true", code=3)
        why = "1 of its 2 nodes is out of service now (drained: a bad disk): Requested node"
        assert why in refused
        assert f"prod* infinite 1 {CPUS} cpu up drained a bad disk" in refused
        run(tiny, nodes, "-n", 2, "--", "true")
        submit = ("submit", "tiny", "--no-build", "-N", "2", "--", "true")
        said = tiny.devenv(*submit, **nodes.environ).stdout
        assert re.search(r"PENDING \((ReqNodeNotAvail|Nodes required for job are DOWN)", said)
        never = ("submit", "tiny", "--no-build", "-n", "99", "--", "true")
        done = tiny.devenv(*never, code=3, **nodes.environ)
        assert "Slurm cannot start this (-n 99)" in done.stdout
        wait(lambda: len(nodes.queue()) == 1, 60, lambda: nodes("squeue"))
    finally:
        nodes("scontrol", "update", "nodename=two", "state=resume")
    nodes.wait_empty()


def state(tiny: Tiny, nodes: Cluster, job: str) -> str:
    listed = json.loads(tiny.devenv("jobs", "--json", **nodes.environ).stdout)["jobs"]
    return next(str(each["state"]) for each in listed if each["job"] == job)


def test_a_node_that_dies(tiny: Tiny, nodes: Cluster, tmp_path: Path) -> None:
    """srun ends with exit code 0 then; and a batch job goes back into the queue."""
    on_two = {**nodes.environ, "DEVENV_SRUN_ARGS": "--nodelist=two"}
    command = ("--", "sh", "-c", f"touch '{tmp_path}/begun'.$SLURM_JOB_ID; sleep 300")
    done = tiny.devenv("submit", "tiny", "--no-build", "--json", *command, **on_two)
    job = json.loads(done.stdout[done.stdout.index("{") :])["job"]
    environ = {**plain_environ(), **on_two, "DEVENV_HOME": str(tiny.devenv.home)}
    argv = (sys.executable, "-m", "devenv", "run", "tiny", "--no-build", "-n", "1", *command)
    with subprocess.Popen(
        argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            wait(lambda: len([*tmp_path.glob("begun.*")]) == 2, 120, lambda: nodes("squeue"))
            nodes("scontrol", "update", "nodename=two", "state=down", "reason=it died")
            output = running.communicate(timeout=300)[0]
        finally:
            running.kill()
    try:
        assert running.returncode == 6, output
        assert re.search(r"a node failed, and job \d+ with it", output)
        wait(lambda: state(tiny, nodes, job) == "PENDING", 120, lambda: nodes("squeue"))
    finally:
        nodes("scancel", job)
        nodes.wait_empty()
        nodes("scontrol", "update", "nodename=two", "state=resume", check=False)
        idle = ("sinfo", "-h", "-t", "idle", "-o", "%D")
        # The controller asks a node that is down again after a minute and a half.
        wait(lambda: "2" in nodes(*idle).split(), 300, lambda: nodes("sinfo"))

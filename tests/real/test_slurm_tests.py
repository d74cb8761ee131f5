"""`devenv test` and the proof inside the ranks on a real Slurm, from every place that one can be in."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from mpich import Mpich
from neocortex import NAME, Neocortex
from slurm_cluster import Cluster, wait
from support import EXPECTED, RING, Devenv, plain_environ, raster
from tiny import Tiny, template

pytestmark = pytest.mark.real

SHORT = ("--", "-k", "test_ringcells and not coreneuron")
TOLD = "NEURON sees 1: each would do the whole run, 2 times over"
PLACES: dict[str, tuple[str, ...]] = {
    "outside an allocation": (),
    "as a step": ("srun", "-n", "1", "-c", "2"),
    "inside salloc": ("salloc", "-n", "4"),
    "from sbatch": ("sbatch", "--parsable", "-n", "3"),
}


@dataclass(frozen=True)
class Where:
    """A place on the cluster from which devenv is started."""

    cluster: Cluster
    before: tuple[str, ...]
    folder: Path

    def __call__(self, devenv: Devenv, *arguments: object, **variables: str) -> tuple[int, str]:
        """Its exit code, and all it printed."""
        argv = (*self.before, sys.executable, "-m", "devenv", *map(str, arguments))
        out = self.folder / "out"
        if self.before[:1] == ("sbatch",):
            script = self.folder / "batch.sh"
            script.write_text("#!/bin/sh\nexec " + shlex.join(argv[len(self.before) :]) + "\n")
            argv = (*self.before, "-o", str(out), str(script))
        home = {"DEVENV_HOME": str(devenv.home), **self.cluster.environ, **variables}
        done = subprocess.run(
            argv,
            env={**plain_environ(), **home},
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=600,
        )
        if self.before[:1] != ("sbatch",):
            return done.returncode, done.stdout
        return finished(self.cluster, done.stdout.strip()), out.read_text()


def finished(cluster: Cluster, job: str) -> int:
    """The exit code of a batch job, once it is over (sbatch --wait itself looks every half minute)."""
    wait(lambda: job not in cluster.queue(), 600, lambda: f"job {job} does not end")
    return int(cluster.job(job)["ExitCode"].partition(":")[0])


@pytest.mark.parametrize("place", PLACES)
def test_bb5_runs_the_real_tests_from_everywhere(
    place: str, neocortex: Neocortex, slurm: Cluster, tmp_path: Path
) -> None:
    where = Where(slurm, PLACES[place], tmp_path)
    code, output = where(neocortex.devenv, "test", "-e", "bb5", "--env", NAME, *SHORT)
    assert code == 0, output
    counted = re.search(r"bb5: (\d+) passed, 0 failed, 0 skipped", output)
    assert counted, output[-3000:]
    assert int(counted[1]) > 10
    assert "2 workers" in output
    assert ("the tests run in a job step with 2 cores" in output) == (place != "as a step")
    slurm.wait_empty()


def test_bb5_fails_on_the_node_where_one_test_fails(
    neocortex: Neocortex, slurm: Cluster, tmp_path: Path
) -> None:
    added = neocortex.source / "tests" / "unit" / "test_of_mine.py"
    added.write_text("def test_good(): pass\ndef test_bad(): assert False\n")
    try:
        for place in ("outside an allocation", "as a step"):
            where = Where(slurm, PLACES[place], tmp_path)
            named = ("--", "tests/unit/test_of_mine.py")
            code, output = where(neocortex.devenv, "test", "-e", "bb5", "--env", NAME, *named)
            assert code == 1, output
            assert "failed: tests.unit.test_of_mine::test_bad" in output
            assert "bb5: 1 passed, 1 failed, 0 skipped" in output
    finally:
        added.unlink()


TOY = """\
summary: a package and its profile
neuron: neuron==9.0.2
packages: []
tests:
  own: {package: hnn-core, tests: [tests], workers: 4}
"""
LOOK = """\
import os
from pathlib import Path


def ancestors():
    pid = os.getppid()
    while pid:
        stat = Path(f"/proc/{pid}/stat").read_text()
        yield stat[stat.index("(") + 1 : stat.rindex(")")]
        pid = int(stat.rpartition(")")[2].split()[1])


def test_look():
    mine = {n: v for n, v in os.environ.items() if n.startswith(("SLURM_", "PMI", "OMP_", "MINE"))}
    text = f"{sorted(mine.items())} {[*ancestors()]}"
    Path(os.environ["TMPDIR"], "..", "..", "looked").write_text(text)


def test_rank():
    rank, folder = os.environ.get("SLURM_PROCID", "none"), Path(os.environ["TMPDIR"], "..", "..")
    where = (os.environ.get("SLURM_JOB_ID", ""), os.environ.get("SLURMD_NODENAME", ""))
    (folder / f"rank-{rank}").write_text(" ".join(where))
    assert not (folder / f"rank-{rank}-fails").exists()
"""


@pytest.fixture
def toy(tiny: Tiny, make_package: Callable[..., Path]) -> Devenv:
    """An environment `toy-slurm` with a package whose tests say what they see."""
    devenv = tiny.devenv
    template(devenv, "toy-slurm", TOY)
    source = make_package("hnn-core", "hatchling")
    (source / "tests" / "test_look.py").write_text(LOOK)
    if not (devenv.home / "envs" / "toy-slurm").exists():
        devenv("create", "toy-slurm")
    devenv("develop", "hnn-core", "--path", source, "--env", "toy-slurm")
    return devenv


def test_the_tests_see_no_job_and_fit_into_it(toy: Devenv, slurm: Cluster, tmp_path: Path) -> None:
    """Four workers are wanted, and the allocation has three cores."""
    where = Where(slurm, ("salloc", "-n", "3"), tmp_path)
    test = ("test", "-e", "own", "--env", "toy-slurm")
    code, output = where(toy, *test, MINE="x")
    assert code == 0, output
    assert "3 workers" in output
    folder = toy.home / "envs" / "toy-slurm" / "tox" / "own"
    seen = (folder / "looked").read_text()
    conf = slurm.environ["SLURM_CONF"]
    assert seen.startswith(f"[('OMP_NUM_THREADS', '1'), ('SLURM_CONF', '{conf}')] ")
    assert "slurmstepd" in seen
    code, output = where(toy, *test, "-n", "2", "--", "-k", "rank")
    assert code == 0, output
    jobs = {(folder / f"rank-{rank}").read_text().split()[0] for rank in (0, 1)}
    assert len(jobs) == 1, "both ranks are in the allocation, not in jobs of their own"
    (folder / "rank-1-fails").touch()
    code, output = where(toy, *test, "-n", "2", "--", "-k", "rank")
    assert code == 1, output
    assert "failed: tests.test_look::test_rank" in output
    last = (folder / "latest").resolve()
    assert f"report: {last}/junit-own.xml" in output
    assert "own: 0 passed, 1 failed, 0 skipped" in output
    assert 'failures="0"' in (last / "junit-own.xml").read_text()
    assert 'failures="1"' in (last / "junit-own.rank1.xml").read_text()
    slurm.wait_empty()


def test_tests_on_the_ranks_of_two_nodes(toy: Devenv, slurm: Cluster, tmp_path: Path) -> None:
    if len(slurm.nodes) < 2:
        pytest.skip("this Slurm was built for one slurmd on a machine (no slurmd -N)")
    folder = toy.home / "envs" / "toy-slurm" / "tox" / "own"
    test = ("test", "-e", "own", "--env", "toy-slurm", "-N", "2")
    for before in ((), ("salloc", "-N", "2", "-n", "3")):
        where = Where(slurm, before, tmp_path)
        for rank in range(3):
            (folder / f"rank-{rank}-fails").unlink(missing_ok=True)
            (folder / f"rank-{rank}").unlink(missing_ok=True)
        code, output = where(toy, *test, "-n", "3", "--", "-k", "rank")
        assert code == 0, output
        assert "own: 1 passed, 0 failed, 0 skipped" in output
        places = [(folder / f"rank-{rank}").read_text().split() for rank in range(3)]
        assert {node for _, node in places} == set(slurm.nodes)
        assert len({job for job, _ in places}) == 1
    code, output = where(toy, *test, "--", "-k", "rank")
    assert code == 2, output
    assert "-N 2: without ranks the tests are one process" in output
    slurm.wait_empty()


@pytest.fixture
def shell(tiny: Tiny, slurm: Cluster, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """A shell with `tiny` active, as a person has it: no devenv starts what is run there."""

    def run(line: str, **variables: str) -> tuple[int, str]:
        script = tiny.devenv.home / "envs" / "tiny" / "current" / "activate.sh"
        environ = {**plain_environ(), **slurm.environ, **variables}
        done = subprocess.run(
            ["sh", "-c", f". '{script}' && export PYTHONPATH=$PYTHONPATH:{RING} && {line}"],
            env={**environ, "OUT": str(tmp_path / "out"), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tiny.circuit,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=600,
        )
        return done.returncode, done.stdout

    return run


RUN = 'neurodamus simulation_sonata.json --output-path="$OUT"'


def test_a_bare_srun_is_proved_and_a_lost_mpi_ends_it(
    shell: Callable[..., tuple[int, str]], tiny: Tiny, tmp_path: Path
) -> None:
    code, output = shell(f"srun -n 2 {RUN}")
    assert code == 0, output
    assert output.count("numprocs=2") == 1
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]
    shutil.rmtree(tmp_path / "out")
    # As with the special of NEURON's wheel, which drops -mpi: the whole run would be done twice.
    shim = tiny.devenv.home / "envs" / "tiny" / "current" / "bin" / "special"
    (tmp_path / "special").write_text(shim.read_text().replace(' -mpi "$@"', ' "$@"'))
    (tmp_path / "special").chmod(0o755)
    lost = f'PATH="{tmp_path}:$PATH"'
    for start, why in (("srun -n 2", "srun started"), ("mpirun -n 2 --oversubscribe", "mpirun")):
        code, output = shell(f"{lost} {start} {RUN}")
        assert code == 6, output
        assert output.count(TOLD) == 1, output
        assert why in output
        assert "special was started without -mpi" in output
        assert not (tmp_path / "out").exists()
    code, output = shell(f"srun --mpi=none -n 2 {RUN}")
    assert code == 6, output
    assert output.count("wrong PMI: srun gave them none (--mpi=none)") == 1
    code, output = shell(f"{lost} srun -n 2 {RUN}", DEVENV_PROOF="off")
    assert code == 0, output
    assert "numprocs" not in output


def test_another_copy_ends_all_ranks_with_one_reason(
    shell: Callable[..., tuple[int, str]], tiny: Tiny, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny.source / "neurodamus", copy / "neurodamus", ignore_dangling_symlinks=True)
    first = f'PYTHONPATH="{copy}:$PYTHONPATH"'
    code, output = shell(f"{first} srun -n 3 {RUN}")
    assert code == 6, output
    assert output.count("numprocs=3") == 1
    assert output.count(f"another copy is imported: neurodamus from {copy}") == 1
    assert f"is in {tiny.source} (dev source neurodamus)" in output
    assert not (tmp_path / "out").exists()
    (tmp_path / "foreign" / "neuron").mkdir(parents=True)
    (tmp_path / "foreign" / "neuron" / "__init__.py").write_text("raise SystemExit('imported')")
    code, output = shell(
        f'PYTHONPATH="{tmp_path}/foreign:$PYTHONPATH" srun -n 2 special -mpi -python'
        ' "$NEURODAMUS_PYTHON/init.py" --configFile=simulation_sonata.json'
    )
    assert code == 6, output
    assert output.count(f"another copy is imported: neuron from {tmp_path}/foreign") == 1
    hoc = tmp_path / "hoc"
    hoc.mkdir()
    (hoc / "neurodamus.hoc").touch()
    code, output = shell(f'HOC_LIBRARY_PATH="{hoc}:$HOC_LIBRARY_PATH" srun -n 2 {RUN}')
    assert code == 6, output
    assert output.count(f"another copy of neurodamus.hoc is found first: in {hoc}") == 1
    code, output = shell(f"{first} {RUN}", DEVENV_PROOF="off")
    assert code == 0, output
    assert raster(tmp_path / "out")["neurodamus"].startswith(str(copy))


def test_two_flavours_at_once_are_named(
    shell: Callable[..., tuple[int, str]], mpich: Mpich, tmp_path: Path
) -> None:
    """srun meets Open MPI's ranks by pmix; those of MPICH's library would each be alone."""
    code, output = shell(f"srun --mpi=pmix -n 2 {RUN}", **mpich.environ)
    assert code == 6, output
    assert output.count(TOLD) == 1, output
    assert "wrong PMI: NEURON opened MPICH, and srun speaks pmix, Open MPI's" in output
    assert "Start it with srun --mpi=pmi2" in output
    code, output = shell(f"srun --mpi=pmi2 -n 2 {RUN}", **mpich.environ)
    assert code == 0, output
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]


def test_mpirun_inside_a_batch_script_is_no_loss(
    shell: Callable[..., tuple[int, str]], slurm: Cluster, tmp_path: Path
) -> None:
    """It sees two counts of tasks, the job's and its own; a plain process sees the job's."""
    script, log = tmp_path / "batch.sh", tmp_path / "log"
    script.write_text(f"#!/bin/sh\nmpirun -n 2 {RUN} && mv $OUT $OUT.two && {RUN}\n")
    _, job = shell(f"sbatch --parsable -n 4 -o '{log}' '{script}'")
    assert finished(slurm, job.strip()) == 0, log.read_text()
    assert log.read_text().count("numprocs=2") == log.read_text().count("numprocs=") == 1
    assert raster(tmp_path / "out.two")["ranks"] == 2
    assert raster(tmp_path / "out")["ranks"] == 1


def test_the_setting_takes_the_proof_out_at_the_next_build(tiny: Tiny, tmp_path: Path) -> None:
    devenv, variable = tiny.devenv, "NEURODAMUS_PYTHON"
    ask = ("run", "tiny", "--", "printenv", variable)
    assert "/rank/" in devenv(*ask).stdout
    user = {"XDG_CONFIG_HOME": str(tmp_path)}
    devenv("config", "set", "proof", "off", **user)
    devenv("build", "tiny", **user)
    assert devenv(*ask, **user).stdout.strip() == f"{tiny.source}/neurodamus/data"
    devenv("build", "tiny")
    assert "/rank/" in devenv(*ask).stdout


NVIDIA_SMI = "#!/bin/sh\necho '9.0, 570.1'\n"
"""A stand-in: there is no GPU here."""


def test_a_node_without_a_gpu_is_told_before_the_work(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    """Only what can be seen without a GPU: Slurm gives what stands in for two, and no driver answers."""
    run = (
        "run",
        "tiny",
        "--no-build",
        "-n",
        "2",
        "--gpus",
        "2",
        "--",
        "sh",
        "-c",
        "echo WORK-DONE",
    )
    done = tiny.devenv(*run, code=3, **slurm.environ)
    assert done.stdout.count("no NVIDIA driver answers (nvidia-smi)") == 1
    assert "WORK-DONE" not in done.stdout
    (tmp_path / "nvidia-smi").write_text(NVIDIA_SMI)
    (tmp_path / "nvidia-smi").chmod(0o755)
    path = f"{tmp_path}:{plain_environ()['PATH']}"
    done = tiny.devenv(*run, PATH=path, **slurm.environ)
    assert done.stdout.count("WORK-DONE") == 2
    assert done.stdout.count("driver: 570.1\n") == 1
    assert done.stdout.count("compute capability: 9.0\n") == 1
    assert "nvc++: not looked at: tiny has no model with +gpu" in done.stdout
    test = ("test", "-e", "bb5", "--env", "tiny", "--gpus", "1")
    done = tiny.devenv(*test, code=3, **slurm.environ)
    assert "no NVIDIA driver answers (nvidia-smi)" in done.stdout
    assert "no test was run, which counts as a failure" in done.stdout
    job = ("submit", "tiny", "--gpus", "1", "--dry-run", "--", "true")
    assert "devenv gpu tiny" in tiny.devenv(*job, **slurm.environ).stdout
    slurm.wait_empty()

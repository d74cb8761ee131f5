"""Batch jobs, allocations and builds on a node, on a real Slurm."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import Cluster, wait
from support import EXPECTED, RING, plain_environ, raster
from tiny import Tiny

pytestmark = pytest.mark.real

TASKS = 200


def submit(tiny: Tiny, slurm: Cluster, *words: str, **variables: str) -> dict[str, Any]:
    """The record of a job that was handed in."""
    done = tiny.devenv(
        *("submit", "--json", "--no-build", *words),
        cwd=tiny.circuit,
        **{**slurm.environ, **variables},
    )
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def state(tiny: Tiny, slurm: Cluster, job: str) -> dict[str, Any]:
    listed = json.loads(tiny.devenv("jobs", "--json", **slurm.environ).stdout)["jobs"]
    return next(each for each in listed if each["job"] == job)


def without(command: str) -> str:
    """The PATH without the folders that hold a command."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(f for f in folders if not Path(f, command).exists())


def test_a_job_runs_on_ranks_and_is_told_of(tiny: Tiny, slurm: Cluster, tmp_path: Path) -> None:
    simulate = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path}")
    job = submit(tiny, slurm, "tiny", "-n", "2", "--", *simulate, PYTHONPATH=str(RING))
    followed = tiny.devenv("logs", "-f", job["job"], **slurm.environ).stdout
    assert followed.count("numprocs=2") == followed.count("numprocs=") == 1
    assert raster(tmp_path)["sha256"] == EXPECTED["sha256"]
    told = state(tiny, slurm, job["job"])
    assert (told["state"], told["exit_code"]) == ("COMPLETED", 0)
    assert Path(told["log"]).read_text(encoding="utf-8") == followed


def test_a_job_that_fails_and_one_that_is_cancelled(tiny: Tiny, slurm: Cluster) -> None:
    failing = submit(tiny, slurm, "tiny", "-A", "proj16", "--", "sh", "-c", "echo 'a  b'; exit 4")
    running = submit(tiny, slurm, "tiny", "--", "sleep", "300")["job"]
    wait(lambda: state(tiny, slurm, running)["state"] == "RUNNING", 120, lambda: slurm("squeue"))
    assert slurm.job(failing["job"])["Account"] == "proj16"
    slurm("scancel", running)
    slurm.wait_empty()
    assert state(tiny, slurm, running)["state"] == "CANCELLED"
    told = state(tiny, slurm, failing["job"])
    assert (told["state"], told["exit_code"]) == ("FAILED", 4)
    assert tiny.devenv("logs", failing["job"], **slurm.environ).stdout == "a  b\n"
    held = submit(tiny, slurm, "tiny", "--", "true", DEVENV_SRUN_ARGS="--hold")["job"]
    # Where the scheduler is gone, what was known is told of all the same.
    nowhere = json.loads(tiny.devenv("jobs", "--json", PATH=without("squeue")).stdout)["jobs"]
    told = {each["job"]: each["state"] for each in nowhere}
    assert (told[held], told[running], told[failing["job"]]) == ("UNKNOWN", "CANCELLED", "FAILED")
    slurm("scancel", held)
    done = tiny.devenv("logs", "999999", code=2, **slurm.environ)
    assert "unknown job '999999'" in done.stdout


def test_a_log_is_found_in_a_folder_with_an_odd_name(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    """Slurm completes marks in a log's whole path, and a glob takes brackets for a choice."""
    folder = tmp_path / "100%j [1] it's"
    folder.mkdir()
    options = ("submit", "tiny", "--json", "--no-build", "--log", "o-%x-%j.log")
    done = tiny.devenv(*options, "--", "echo", "two\nlines", cwd=folder, **slurm.environ)
    job = json.loads(done.stdout[done.stdout.index("{") :])["job"]
    followed = tiny.devenv("logs", "-f", job, **slurm.environ).stdout
    assert followed == "two\nlines\n"
    assert (folder / f"o-devenv-tiny-{job}.log").read_text(encoding="utf-8") == followed
    listed = tiny.devenv("jobs", **slurm.environ).stdout
    assert re.search(rf"^{job} .* echo 'two\\nlines'$", listed, re.MULTILINE)
    missing = ("--log", "nosuch/o.log")
    done = tiny.devenv("submit", "tiny", *missing, "--", "true", code=2, **slurm.environ)
    assert "nosuch is not a directory" in done.stdout


def test_a_queued_job_keeps_its_generation(tiny: Tiny, slurm: Cluster) -> None:
    """Held in the queue while a later generation comes into use."""
    devenv = tiny.devenv
    devenv("create", "queued", "--template", "tiny")
    devenv("build", "queued")
    say = (
        "echo generation $DEVENV_GENERATION; python -c 'import neurodamus as n; print(n.__file__)'"
    )
    hold = {"DEVENV_SRUN_ARGS": "--hold"}
    job = submit(tiny, slurm, "queued", "--", "sh", "-c", say, **hold)
    devenv("develop", "neurodamus", "--path", tiny.source, "--env", "queued")
    said = devenv("prune", "--keep", "1", "--dry-run", **slurm.environ).stdout
    folder = devenv.home / "envs" / "queued" / "generations" / str(job["generation"])
    assert f"In use: {folder} (job {job['job']}: PENDING)" in said
    said = devenv("remove", "queued", code=6, **slurm.environ).stdout
    assert f"queued is in use: job {job['job']}: PENDING" in said
    now = devenv("run", "queued", "--no-build", "--", "sh", "-c", say, code=None).stdout
    slurm("scontrol", "release", job["job"])
    log = devenv("logs", "-f", job["job"], **slurm.environ).stdout.splitlines()
    assert log[0] == f"generation {job['generation']}"
    assert "/site-packages/neurodamus/" in log[1]
    assert f"generation {job['generation']}\n" not in now
    slurm.wait_empty()
    devenv("prune", "--keep", "1", **slurm.environ)
    assert not folder.exists()
    devenv("build", "queued", "build_type=Debug", "--as", "debug")
    asked = ("queued", "--model", "debug", "--", "sh", "-c", "command -v special")
    job = submit(tiny, slurm, *asked)
    generation = devenv.home / "envs" / "queued" / "generations" / str(job["generation"])
    log = devenv("logs", "-f", job["job"], **slurm.environ).stdout
    assert log == f"{generation}/models/0/bin/special\n"
    devenv("remove", "queued", **slurm.environ)


def test_an_array_activates_without_a_write_or_an_error(tiny: Tiny, slurm: Cluster) -> None:
    home = tiny.devenv.home

    def snapshot() -> dict[str, int]:
        files = (p for p in home.rglob("*") if home / "jobs" not in (p, *p.parents))
        return {str(path): path.lstat().st_mtime_ns for path in files}

    say = 'echo "$SLURM_ARRAY_TASK_ID $DEVENV_ENV $(command -v special)"'
    before = snapshot()
    job = submit(tiny, slurm, "tiny", "--array", f"0-{TASKS - 1}", "--", "sh", "-c", say)
    slurm.wait_empty(600)
    assert snapshot() == before
    special = f"{home}/envs/tiny/generations/{job['generation']}/bin/special"
    logs = sorted(Path(job["folder"]).glob("*.log"))
    said = {path.stem.split("_")[1]: path.read_text(encoding="utf-8") for path in logs}
    assert said == {str(task): f"{task} tiny {special}\n" for task in range(TASKS)}
    written = {path.name for path in Path(job["folder"]).iterdir()} - {path.name for path in logs}
    assert written == {"command.json", "script.sh", "job.json"}
    one = tiny.devenv("logs", f"{job['job']}_7", **slurm.environ).stdout
    assert one == f"7 tiny {special}\n"
    all_ = tiny.devenv("logs", job["job"], **slurm.environ).stdout
    assert re.findall(r"^(\d+) tiny", all_, re.MULTILINE) == [str(task) for task in range(TASKS)]


def test_what_can_never_start_leaves_nothing(tiny: Tiny, slurm: Cluster) -> None:
    folder = tiny.devenv.home / "jobs"
    before = set(folder.glob("*"))
    for options in (("-n", "99"), ("-p", "interactive", "--time", "100:00:00")):
        done = tiny.devenv("submit", "tiny", *options, "--", "true", code=3, **slurm.environ)
        assert "Slurm cannot start this" in done.stdout
    done = tiny.devenv("submit", "tiny", "--array", "x", "--", "true", code=3, **slurm.environ)
    assert "Invalid job array specification" in done.stdout
    assert set(folder.glob("*")) == before
    slurm.wait_empty()


def test_a_job_waits_for_nodes_that_are_out_of_service(tiny: Tiny, slurm: Cluster) -> None:
    """And what runs in the foreground is told why it cannot."""
    nodes = f"nodename={','.join(slurm.nodes)}"
    slurm("scontrol", "update", nodes, "state=drain", "reason=test")
    try:
        run = ("run", "tiny", "--no-build", "-n", "1", "--", "true")
        done = tiny.devenv(*run, code=3, **slurm.environ)
        assert "all of its nodes are out of service now (drained: test)" in done.stdout
        job = submit(tiny, slurm, "tiny", "--", "true")["job"]
        assert slurm.queue() == [job]
    finally:
        slurm("scontrol", "update", nodes, "state=resume")
    slurm.wait_empty()
    assert state(tiny, slurm, job)["exit_code"] == 0


def test_an_array_of_which_one_task_fails_has_failed(tiny: Tiny, slurm: Cluster) -> None:
    fails = "exit $((SLURM_ARRAY_TASK_ID == 1))"
    job = submit(tiny, slurm, "tiny", "--array", "0-2", "--", "sh", "-c", fails)["job"]
    slurm.wait_empty()
    assert state(tiny, slurm, job)["state"] == "FAILED"
    # Also when Slurm has forgotten it, or cannot be asked.
    nowhere = json.loads(tiny.devenv("jobs", "--json", PATH=without("squeue")).stdout)["jobs"]
    assert {each["job"]: each["state"] for each in nowhere}[job] == "FAILED"


def test_following_a_job_that_waits_says_why(tiny: Tiny, slurm: Cluster) -> None:
    job = submit(tiny, slurm, "tiny", "--", "echo", "ran", DEVENV_SRUN_ARGS="--hold")["job"]
    environ = {**plain_environ(), **slurm.environ, "DEVENV_HOME": str(tiny.devenv.home)}
    follow = subprocess.Popen(
        [sys.executable, "-m", "devenv", "logs", "-f", job],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert follow.stderr
    assert follow.stderr.readline() == f"devenv: job {job} waits: JobHeldUser\n"
    slurm("scontrol", "release", job)
    assert follow.communicate(timeout=60)[0] == "ran\n"


def test_an_allocation_that_is_ended_ends_its_command(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    """salloc would wait for it, and devenv for salloc."""
    environ = {**plain_environ(), **slurm.environ, "DEVENV_HOME": str(tiny.devenv.home)}
    begun = tmp_path / "begun"
    sleeps = ("sh", "-c", f"touch '{begun}'; exec sleep 300")
    command = ("-m", "devenv", "alloc", "tiny", "--", *sleeps)
    process = subprocess.Popen(
        [sys.executable, *command], env=environ, cwd=tiny.circuit, start_new_session=True
    )
    try:
        wait(begun.exists, 120, lambda: slurm("squeue"))
        process.terminate()
        assert process.wait(120) == 130
    finally:
        process.kill()
    slurm.wait_empty()


def test_an_allocation_has_the_environment_and_its_ranks(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    simulate = f"neurodamus simulation_sonata.json --output-path={tmp_path}"
    line = f"echo tasks $SLURM_NTASKS in $DEVENV_ENV; srun -n 2 --mpi=pmix {simulate}; exit 5"
    done = tiny.devenv(
        *("alloc", "tiny", "-n", "2", "-C", "cpu", "--", "sh", "-c", line),
        cwd=tiny.circuit,
        code=5,
        PYTHONPATH=str(RING),
        **slurm.environ,
    )
    assert "tasks 2 in tiny" in done.stdout
    assert done.stdout.count("numprocs=2") == 1
    assert raster(tmp_path)["sha256"] == EXPECTED["sha256"]
    slurm.wait_empty()


NOTING = """\
#!/bin/sh
echo "$SLURMD_NODENAME $SLURM_CPUS_PER_TASK" >>'{notes}'
exec {compiler} "$@"
"""


def test_a_build_on_a_node(tiny: Tiny, slurm: Cluster, tmp_path: Path) -> None:
    """Compiled there, with the cores that were asked for, and then known here."""
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    notes, noting = tmp_path / "notes", tmp_path / "noting-c++"
    noting.write_text(NOTING.format(notes=notes, compiler=compiler), encoding="utf-8")
    noting.chmod(0o755)
    model = ("build", "tiny", "build_type=RelWithDebInfo", "--as", "there", "-j", "2")
    there = (*model, "--on", "slurm", "-A", "proj16", "-C", "volta")
    done = tiny.devenv(*there, CXX=str(noting), **slurm.environ)
    assert re.search(r"model there: (\d+) mechanisms, \1 of them compiled now", done.stdout)
    told = set(notes.read_text(encoding="utf-8").splitlines())
    assert f"{slurm.nodes[0]} 2" in told, "compiled on the one node that has this feature"
    assert {line.split()[0] for line in told if line.split()} == {slurm.nodes[0]}
    again = ("build", "tiny", "--on", "slurm")
    assert "compiled now" in tiny.devenv(*again, **slurm.environ).stdout  # by another compiler
    assert "tiny is up to date" in tiny.devenv(*again, **slurm.environ).stdout
    done = tiny.devenv("build", "tiny", "--on", "slurm", "-N", "2", code=2, **slurm.environ)
    assert "-N 2: a model is compiled on one node" in done.stdout
    done = tiny.devenv("build", "tiny", "+nosuch", "--on", "slurm", code=2, **slurm.environ)
    assert "nosuch" in done.stdout
    slurm.wait_empty()


def test_an_environment_is_made_and_changed_on_a_node(tiny: Tiny, slurm: Cluster) -> None:
    """The whole verb, in a job: what it made is here, and nothing of the job is left."""

    def jobs() -> set[str]:
        return set(slurm("squeue", "-h", "-t", "all", "-o", "%i").split())

    # Slurm forgets old jobs in the meantime.
    before, left = jobs(), set((tiny.devenv.home / "jobs").glob("*"))
    on = ("--on", "slurm", "-A", "proj16")
    made = tiny.devenv("create", "made-there", "--template", "tiny", *on, **slurm.environ).stdout
    assert "made-there" in made
    assert len(jobs() - before) == 1
    develop = ("develop", "neurodamus", "--path", tiny.source, "--env", "made-there")
    dry = tiny.devenv(*develop, *on, "--dry-run", **slurm.environ).stdout
    assert len(jobs() - before) == 1, f"a dry run only reads: {dry}"
    said = tiny.devenv(*develop, *on, **slurm.environ).stdout
    assert "made-there uses neurodamus" in said
    assert len(jobs() - before) == 2
    shown = tiny.devenv("show", "made-there").stdout
    assert str(tiny.source) in shown
    tiny.devenv("create", "made-there", "--template", "tiny", *on, code=6, **slurm.environ)
    tiny.devenv("undevelop", "neurodamus", "--env", "made-there", "--on", "here", **slurm.environ)
    tiny.devenv("remove", "made-there", **slurm.environ)
    assert set((tiny.devenv.home / "jobs").glob("*")) == left
    slurm.wait_empty()


def test_settings_reach_the_job(tiny: Tiny, slurm: Cluster, tmp_path: Path) -> None:
    """A user's defaults, for one environment others, and what is typed above both."""
    environ = {**slurm.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    (tmp_path / "devenv").mkdir()
    file = tmp_path / "devenv" / "config.yaml"
    file.write_text("# mine\naccount: proj1  # pays\npartition: prod\n", encoding="utf-8")
    tiny.devenv("config", "set", "partition", "interactive", **environ)
    tiny.devenv("config", "set", "constraint", "volta", "--environment", "tiny", **environ)
    try:
        shown = tiny.devenv("config", "show", "--env", "tiny", **environ).stdout
        assert re.search(rf"^account +proj1 +{file}, line 2$", shown, re.MULTILINE)
        assert file.read_text() == "# mine\naccount: proj1  # pays\npartition: interactive\n"
        job = submit(tiny, slurm, "tiny", "-A", "proj16", "--", "true", **environ)["job"]
    finally:
        tiny.devenv("config", "unset", "constraint", "--environment", "tiny", **environ)
    found = slurm.job(job)
    kept = (found["Account"], found["Partition"], found["Features"])
    assert kept == ("proj16", "interactive", "volta")


def test_a_sites_modules_are_loaded_before_a_launch(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    """And the dev source is in front of what the module brings, in a job as in a run."""
    if not Path("/usr/share/modules/init/sh").exists():
        pytest.skip("no environment modules here (Debian: apt-get install environment-modules)")
    brought = tmp_path / "brought" / "neurodamus"
    brought.mkdir(parents=True)
    (brought / "__init__.py").write_text("raise SystemExit('the module won')\n", encoding="utf-8")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "site-mpi").write_text(
        f"#%Module\nsetenv SITE_MPI yes\nprepend-path PYTHONPATH {brought.parent}\n",
        encoding="utf-8",
    )
    (tmp_path / "devenv").mkdir()
    (tmp_path / "devenv" / "config.yaml").write_text("modules: [site-mpi]\n", encoding="utf-8")
    environ = {
        **slurm.environ,
        "XDG_CONFIG_DIRS": str(tmp_path),
        "MODULEPATH": str(tmp_path / "files"),
    }
    say = "import os, neurodamus as n; print(os.environ['SITE_MPI'], os.path.realpath(n.__file__))"
    command = ("--", "python", "-c", say)
    for words in (("run", "tiny", "-n", "1"), ("run", "tiny")):
        done = tiny.devenv(*words, "--no-build", *command, cwd=tiny.circuit, **environ)
        assert f"yes {tiny.source}/neurodamus/__init__.py" in done.stdout
    job = submit(tiny, slurm, "tiny", *command, **environ)["job"]
    log = tiny.devenv("logs", "-f", job, **slurm.environ).stdout
    assert f"yes {tiny.source}/neurodamus/__init__.py" in log
    (tmp_path / "devenv" / "config.yaml").write_text("modules: [nosuch]\n", encoding="utf-8")
    done = tiny.devenv("run", "tiny", "--no-build", *command, code=6, **environ)
    assert "the module nosuch cannot be loaded" in done.stdout

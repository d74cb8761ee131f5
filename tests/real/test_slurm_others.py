"""Jobs among others: a user's own settings for Slurm, a job that we are in, another user's jobs."""

from __future__ import annotations

import grp
import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import Cluster, wait
from support import plain_environ
from tiny import Tiny

pytestmark = pytest.mark.real

OTHER = "nobody"
SBATCH = {
    "SBATCH_ACCOUNT": "proj1",
    "SBATCH_ARRAY_INX": "0-1",
    "SBATCH_EXPORT": "NONE",
    "SBATCH_JOB_NAME": "mine",
    "SBATCH_OUTPUT": "/dev/null",
    "SBATCH_PARTITION": "interactive",
    "SBATCH_TIMELIMIT": "5",
}
SQUEUE = {
    "SQUEUE_FORMAT": "%i",
    "SQUEUE_PARTITION": "interactive",
    "SQUEUE_STATES": "RUNNING",
    "SQUEUE_USERS": OTHER,
    "SLURM_TIME_FORMAT": "relative",
    "SCANCEL_STATE": "RUNNING",
    "SINFO_FORMAT": "%n",
    "LC_ALL": "C",
}


def submit(tiny: Tiny, *words: str, **variables: str) -> dict[str, Any]:
    """The record of a job that was handed in."""
    command = ("submit", "tiny", "--json", "--no-build", *words)
    printed = tiny.devenv(*command, cwd=tiny.circuit, **variables).stdout
    found: dict[str, Any] = json.loads(printed[printed.index("{") :])
    return found


def told(tiny: Tiny, **variables: str) -> dict[str, dict[str, Any]]:
    """job -> what `devenv jobs` says of it."""
    listed = json.loads(tiny.devenv("jobs", "--json", **variables).stdout)["jobs"]
    return {each["job"]: each for each in listed}


def test_what_was_typed_wins_over_a_users_own_variables(tiny: Tiny, slurm: Cluster) -> None:
    typed = ("-n", "2", "-A", "proj16", "-p", "prod", "--time", "9")
    say = ("--", "sh", "-c", 'echo "$DEVENV_ENV in ${SLURM_ARRAY_TASK_ID:-one}"')
    job = submit(tiny, *typed, *say, **SBATCH, **slurm.environ)["job"]
    slurm.wait_empty()
    found = slurm.job(job)
    assert (found["Account"], found["Partition"]) == ("proj16", "prod")
    assert (found["TimeLimit"], found["JobName"]) == ("00:09:00", "devenv-tiny")
    # By SBATCH_EXPORT srun would give its ranks no variables at all.
    log = tiny.devenv("logs", job, **SQUEUE, **slurm.environ).stdout
    assert log == "tiny in one\n" * 2
    held = submit(tiny, "--", "true", DEVENV_SRUN_ARGS="--hold", **SQUEUE, **slurm.environ)["job"]
    assert told(tiny, **SQUEUE, **slurm.environ)[held]["state"] == "PENDING"
    slurm("scancel", held)
    wait_ = ("run", "tiny", "--no-build", "-n", "1", "--max-wait", "2s", "--", "true")
    later = {"DEVENV_SRUN_ARGS": "--begin=now+1hour", **SQUEUE, **slurm.environ}
    done = tiny.devenv(*wait_, code=6, **later)
    assert re.search(r"job \d+ waits: BeginTime; estimated start 20\d\d-", done.stdout)
    slurm.wait_empty()


def test_a_job_from_within_a_job_is_none_of_its_ranks(tiny: Tiny, slurm: Cluster) -> None:
    devenv = shlex.join((sys.executable, "-m", "devenv"))
    inner = f"{devenv} run tiny --no-build --dry-run -n 2 -- true; env | grep -c ^PMIX_"
    submitting = f"{devenv} submit tiny --no-build --json -- sh -c {shlex.quote(inner)}"
    printed = subprocess.run(
        ["srun", "-n", "1", "--mpi=pmix", "sh", "-c", f"env | grep ^PMIX_RANK; {submitting}"],
        env={**plain_environ(), **slurm.environ, "DEVENV_HOME": str(tiny.devenv.home)},
        cwd=tiny.circuit,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.startswith("PMIX_RANK=0\n")
    job = json.loads(printed[printed.index("{") :])["job"]
    slurm.wait_empty()
    log = tiny.devenv("logs", job, **slurm.environ).stdout.splitlines()
    assert log[1:] == ["# inside an allocation", "0"]


def test_secrets_are_kept_from_others(tiny: Tiny, slurm: Cluster) -> None:
    """Typed, they are in the script and what runs; shown, and for others to read, nowhere."""
    word = "s3cret it's"
    words = ("--", "echo", f"--token={word}", "--password", word, "plain", "X_API_KEY=abc")
    for command in (("submit",), ("run",), ("run", "-n", "2"), ("alloc",)):
        shown = tiny.devenv(*command, "tiny", "--dry-run", *words, **slurm.environ).stdout
        assert "echo '--token=***' --password '***' plain 'X_API_KEY=***'" in shown
        assert "s3cret" not in shown
    job = submit(tiny, *words, **slurm.environ)
    assert "s3cret" not in json.dumps(job)
    slurm.wait_empty()
    shown = tiny.devenv("jobs", **slurm.environ).stdout
    shown += tiny.devenv("jobs", "--json", **slurm.environ).stdout
    assert "--password" in shown
    assert "s3cret" not in shown
    log = f"--token={word} --password {word} plain X_API_KEY=abc\n"
    assert tiny.devenv("logs", job["job"], **slurm.environ).stdout == log
    folder = Path(job["folder"])
    holding = {path.name for path in folder.iterdir() if "s3cret" in path.read_text()}
    assert holding == {"command.json", "script.sh", f"{job['job']}.log"}
    for name in ("command.json", "script.sh"):
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_another_users_job_is_told_as_it_is(tiny: Tiny, slurm: Cluster) -> None:
    """In a shared home: a record of another user's, of a job of that user."""
    if not known(OTHER):
        pytest.skip(f"there is no user {OTHER} with a group nogroup here")
    sbatch = ("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "sleep 300")
    job = subprocess.run(
        sbatch,
        env={**plain_environ(), **slurm.environ},
        cwd="/",
        user=OTHER,
        group="nogroup",
        extra_groups=[],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    generation = submit(tiny, "--", "true", **slurm.environ)["generation"]
    for number in (job, "999999"):
        theirs(tiny, number, generation)
    wait(lambda: slurm.job(job)["JobState"] == "RUNNING", 120, lambda: slurm("squeue"))
    found = told(tiny, **slurm.environ)
    assert (found[job]["state"], found[job]["owner"], found[job]["argv"]) == ("RUNNING", OTHER, [])
    assert (found["999999"]["state"], found["999999"]["owner"]) == ("GONE", OTHER)
    shown = tiny.devenv("jobs", **slurm.environ).stdout
    assert re.search(rf"^{job} +RUNNING +of {OTHER} ", shown, re.MULTILINE), shown
    said = tiny.devenv("remove", "tiny", code=6, **slurm.environ).stdout
    assert f"job {job} of {OTHER}: RUNNING" in said
    slurm("scancel", job)
    slurm.wait_empty()
    assert told(tiny, **slurm.environ)[job]["state"] == "CANCELLED"
    for number in (job, "999999"):
        shutil.rmtree(tiny.devenv.home / "jobs" / f"theirs-{number}")


def known(user: str) -> bool:
    """Whether there is such a user, and the group that Debian gives it."""
    try:
        return pwd.getpwnam(user).pw_gid == grp.getgrnam("nogroup").gr_gid
    except KeyError:
        return False


def theirs(tiny: Tiny, job: str, generation: int) -> None:
    """The record of a job as another user of a shared home leaves it."""
    folder = tiny.devenv.home / "jobs" / f"theirs-{job}"
    folder.mkdir()
    record = {"job": job, "scheduler": "slurm", "environment": "tiny", "generation": generation}
    record |= {"folder": str(folder), "log": f"{folder}/%j.log", "workdir": "/", "submitted": ""}
    (folder / "job.json").write_text(json.dumps(record), encoding="utf-8")
    shutil.chown(folder / "job.json", OTHER)


INTERRUPTING = """\
#!/bin/sh
"{sbatch}" "$@"
kill -INT $(sed -n 's/^PPid:\t//p' /proc/$PPID/status)
sleep 60
"""


def test_an_interrupt_while_a_job_is_handed_in_leaves_none(
    tiny: Tiny, slurm: Cluster, tmp_path: Path
) -> None:
    """Slurm has the job already, and devenv does not know its number yet."""
    jobs = tiny.devenv.home / "jobs"
    folders = set(jobs.glob("*"))
    wrapper = tmp_path / "sbatch"
    wrapper.write_text(INTERRUPTING.format(sbatch=shutil.which("sbatch")), encoding="utf-8")
    wrapper.chmod(0o755)
    # Held: one that began would end at once, since the folder of its log is gone.
    environ = {**slurm.environ, "DEVENV_SRUN_ARGS": "--hold"}
    environ["PATH"] = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    command = ("submit", "tiny", "--no-build", "--", "true")
    tiny.devenv(*command, cwd=tiny.circuit, code=130, **environ)
    slurm.wait_empty()
    assert set(jobs.glob("*")) == folders


def test_the_log_of_a_job_that_never_began(tiny: Tiny, slurm: Cluster, tmp_path: Path) -> None:
    held = submit(tiny, "--", "true", DEVENV_SRUN_ARGS="--hold", **slurm.environ)["job"]
    done = tiny.devenv("logs", held, code=6, **slurm.environ)
    assert f"job {held} has no log yet, it is PENDING (JobHeldUser)" in done.stdout
    # Without a scheduler to ask it does not go on for ever.
    nowhere = {"PATH": str(tmp_path), "SLURM_CONF": slurm.environ["SLURM_CONF"]}
    done = tiny.devenv("logs", "-f", held, code=6, **nowhere)
    assert f"cannot find out whether job {held} is still running" in done.stdout
    done = tiny.devenv("logs", f"{held}_3", code=2, **slurm.environ)
    assert f"job {held} is not an array" in done.stdout
    slurm("scancel", held)
    slurm.wait_empty()
    done = tiny.devenv("logs", "-f", held, code=6, **slurm.environ)
    assert f"job {held} has no log, it is CANCELLED: " in done.stdout


def test_a_job_after_another(tiny: Tiny, slurm: Cluster) -> None:
    """It begins when that one has succeeded, and is gone where that failed."""
    hold = {"DEVENV_SRUN_ARGS": "--hold", **slurm.environ}
    first = submit(tiny, "--", "echo", "first", **hold)["job"]
    fails = submit(tiny, "--", "false", **hold)["job"]
    both = ("--after", first, "--after", fails)
    second = submit(tiny, "--after", first, "--", "echo", "second", **slurm.environ)["job"]
    never = submit(tiny, *both, "--", "echo", "third", **slurm.environ)["job"]
    states = told(tiny, **slurm.environ)
    assert {states[job]["reason"] for job in (second, never)} == {"Dependency"}
    slurm("scontrol", "release", first, fails)
    slurm.wait_empty()
    states = told(tiny, **slurm.environ)
    assert (states[second]["state"], states[never]["state"]) == ("COMPLETED", "CANCELLED")
    assert states[never]["reason"] == "DependencyNeverSatisfied"
    # Slurm forgets jobs, and takes one that it does not know for one that succeeded.
    dry = ("submit", "tiny", "--no-build", "--dry-run")
    script = tiny.devenv(*dry, "--after", second, "--", "true", **slurm.environ).stdout
    assert "#SBATCH --job-name=devenv-tiny" in script
    assert "afterok" not in script
    done = tiny.devenv(*dry, *both, "--", "true", code=3, **slurm.environ)
    assert f"--after {fails}: that job is FAILED" in done.stdout
    done = tiny.devenv(*dry, "--after", "999", "--", "true", code=2, **slurm.environ)
    assert "unknown job '999' in --after" in done.stdout

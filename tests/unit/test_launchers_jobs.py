"""Resources in each scheduler's words, batch scripts, and what the queues print."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from devenv.core.errors import PreconditionError, UsageError
from devenv.core.job import Job, job_state
from devenv.core.launch import (
    JobState,
    Launch,
    LaunchRequest,
    Resources,
    checked_line,
    checked_time,
    seconds,
)
from devenv.places import QUEUES, HostFacts, Mpi, launch, slurm, slurm_queue
from devenv.places.script import Activation, script_text

ALL = Resources(
    nodes=2,
    threads=3,
    gpus=1,
    time="1:30:00",
    account="proj16",
    partition="prod",
    constraint="cpu&volta",
    exclusive=True,
    extra=("--mem=2G",),
)
OPENMPI = Mpi("openmpi", "/usr/bin/mpirun")
CLUSTER = HostFacts(8, mpi=(OPENMPI,), libmpi="openmpi", scheduler="slurm", pmi=("pmix",))
PBS = HostFacts(8, mpi=(OPENMPI,), libmpi="openmpi", scheduler="pbs", wrapper=("qcmd", "-v"))


def request(**more: object) -> LaunchRequest:
    return replace(LaunchRequest(("prog", "a b"), 4, ALL), **more)  # type: ignore[arg-type]


def test_srun_gets_everything_that_was_asked_for() -> None:
    made = launch(request(), CLUSTER)
    assert made.queued
    assert made.env == (("OMP_NUM_THREADS", "3"),)
    assert shlex.join(made.argv) == (
        "srun -n 4 --mpi=pmix --quit-on-interrupt --export=ALL --nodes=2 --cpus-per-task=3 --gpus=1"
        " --time=1:30:00 --account=proj16 --partition=prod '--constraint=cpu&volta' --exclusive"
        " --mem=2G prog 'a b'"
    )


def test_inside_an_allocation_what_it_has_is_not_asked_for_again() -> None:
    made = launch(request(), replace(CLUSTER, allocation=True))
    assert not made.queued
    for word in ("account", "partition", "constraint", "time", "exclusive"):
        assert not [option for option in made.argv if option.startswith(f"--{word}")]
    assert {"--nodes=2", "--cpus-per-task=3", "--gpus=1"} <= set(made.argv)


def test_what_is_no_mpi_program_needs_no_mpi() -> None:
    plain = request(mpi=False, ranks=1)
    assert "--mpi=none" in launch(plain, replace(CLUSTER, libmpi=""), "slurm").argv
    with pytest.raises(PreconditionError, match="no MPI library"):
        launch(request(), replace(CLUSTER, libmpi=""), "slurm")


def test_salloc_and_the_trial_ask_the_same() -> None:
    options = slurm.options(ALL)
    salloc = ("salloc", "-n", "4", "--kill-command=TERM")
    assert slurm_queue.allocation(request()) == (*salloc, *options, "prog", "a b")
    assert slurm_queue.trial(request()) == ("srun", "--test-only", "-n", "4", *options, "true")


def test_a_recorded_launcher_is_a_default_and_not_a_request() -> None:
    asked = {"override": "mpi", "origin": "/etc/xdg/devenv/config.yaml"}
    plain = LaunchRequest(("prog",))
    assert launch(replace(plain, ranks=2), CLUSTER, **asked).launcher == "mpi"  # type: ignore[arg-type]
    assert launch(plain, CLUSTER, **asked).launcher == "local"  # type: ignore[arg-type]
    assert launch(plain, replace(CLUSTER, step=2), **asked).launcher == "local"  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"unknown launcher 'mip' in \$DEVENV_LAUNCHER"):
        launch(plain, CLUSTER, "mip", origin="$DEVENV_LAUNCHER")


def test_pbs_runs_through_the_sites_wrapper_and_mpirun() -> None:
    made = launch(request(resources=replace(ALL, constraint="cpu_type=milan", extra=())), PBS)
    assert made.queued
    assert shlex.join(made.argv) == (
        "qcmd -v -A proj16 -q prod -l walltime=1:30:00"
        " -l select=2:ncpus=6:mpiprocs=2:ngpus=1:cpu_type=milan -l place=excl"
        " -- /usr/bin/mpirun -n 4 prog 'a b'"
    )
    inside = replace(PBS, allocation=True)
    assert launch(request(), inside).argv == ("/usr/bin/mpirun", "-n", "4", "prog", "a b")
    with pytest.raises(PreconditionError, match="no command that runs something in a job"):
        launch(request(), replace(PBS, wrapper=()), "pbs")
    with pytest.raises(PreconditionError, match="no PBS here"):
        launch(request(), CLUSTER, "pbs")


def script(scheduler: str, exit_file: str = "", array: str = "") -> str:
    asked = request(name="job", workdir="/a b", log="/logs/%j.log", array=array)
    made = Launch(("srun", "prog", "it's"), "slurm", "", (("A", "x y"),))
    activation = Activation(
        "/gen/1/activate.sh", "environment e, generation 1", ("m/1",), "/init/sh"
    )
    return script_text(QUEUES[scheduler], asked, made, activation, exit_file)


def test_a_batch_script_of_slurm() -> None:
    lines = script("slurm", "/job dir/exit").splitlines()
    assert lines[0] == "#!/bin/sh"
    assert '#SBATCH "--chdir=/a b"' in lines
    assert '#SBATCH "--constraint=cpu&volta"' in lines
    assert {"#SBATCH --ntasks=4", "#SBATCH --output=/logs/%j.log"} <= set(lines)
    assert lines[-10:] == [
        "cd '/a b' || exit 1",
        "command -v module >/dev/null 2>&1 || . /init/sh",
        "module load m/1 || exit 1",
        ". /gen/1/activate.sh || exit 1",
        "export A='x y'",
        "rm -f '/job dir/exit'",
        "srun prog 'it'\"'\"'s'",
        "code=$?",
        "echo \"$code\" >'/job dir/exit'",
        'exit "$code"',
    ]


def test_a_task_of_an_array_writes_nothing() -> None:
    lines = script("slurm", array="0-199%8").splitlines()
    assert "#SBATCH --array=0-199%8" in lines
    assert lines[-1].startswith("exec srun prog")
    assert not [line for line in lines if ">" in line and "/dev/null" not in line]


def test_a_batch_script_of_pbs() -> None:
    lines = script("pbs", array="0-9").splitlines()
    for line in ("-N job", "-V", "-j oe", "-J 0-9", "-A proj16", "-l place=excl", "--mem=2G"):
        assert f"#PBS {line}" in lines


def test_a_line_of_pbs_ends_where_its_value_does() -> None:
    """What a project's file sets is not to bring options of its own, such as a shell."""
    odd = replace(ALL, account="a -S ./evil", extra=())
    lines = QUEUES["pbs"].header(request(resources=odd, log="/a b/c.log", name="j"))
    assert {"#PBS -A 'a -S ./evil'", "#PBS -o '/a b/c.log'"} <= set(lines)


def test_what_would_break_out_of_its_line_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--account 'a\\ntouch x' has a line break"):
        checked_line("a\ntouch x", "--account")
    assert checked_line("it's 100% ü", "--account") == "it's 100% ü"


def test_slurms_queue_is_read() -> None:
    printed = (
        "7|RUNNING|None|2026-01-01T00:00:00\n"
        "8_[3-9]|PENDING|Resources|N/A\n"
        "8_1|RUNNING|None|x\n"
        "9|FAILED|NonZeroExitCode|x\n"
    )
    found = slurm_queue.states(printed, ["7", "8"])
    assert found == {"7": JobState("7", "RUNNING"), "8": JobState("8", "RUNNING")}
    over = ["9_0|COMPLETED|None|x\n", "9_1|FAILED|NonZeroExitCode|x\n"]
    for text in ("".join(over), "".join(reversed(over))):
        assert slurm_queue.states(text, ["9"])["9"].state == "FAILED"
    watched = "12|PENDING|Resources|2026-01-01T00:00:00|other\n13|PENDING|Priority|N/A|mine\n"
    assert slurm_queue.found_by(watched, "mine") == JobState("13", "PENDING", "Priority")
    assert slurm_queue.found_by(watched, "nobody's") is None
    assert slurm_queue.job_of("63;cluster\n") == "63"


@pytest.mark.parametrize(
    ("reason", "hopeless"),
    [
        ("PartitionTimeLimit", True),
        ("BadConstraints, more", True),
        ("ReqNodeNotAvail, UnavailableNodes:n1", False),
        ("Resources", False),
        ("Priority", False),
        ("", False),
        ("JobHeldUser", False),
    ],
)
def test_a_hopeless_reason(reason: str, hopeless: bool) -> None:
    assert slurm_queue.never(reason) is hopeless


def test_what_a_trial_says() -> None:
    said = "srun: Job 7 to start at 2026-11-21T09:08:30 using 4 processors on nodes vm\n"
    assert slurm_queue.estimate(said) == "2026-11-21T09:08:30"
    wrong = (
        "srun: error: invalid partition specified: x\n"
        "allocation failure: Invalid partition name specified\n"
    )
    assert slurm_queue.refusal(wrong) == (
        "invalid partition specified: x; Invalid partition name specified"
    )
    gres = (
        "srun: error: Invalid generic resource (gres) specification\nallocation failure: No error\n"
    )
    assert slurm_queue.refusal(gres) == "Invalid generic resource (gres) specification"


@pytest.mark.parametrize(
    ("partition", "out"),
    [
        ("", "all of its nodes are out of service now (down, drained: a bad disk)"),
        ("a", "all of its nodes are out of service now (down, drained: a bad disk)"),
        ("b", "1 of its 4 nodes is out of service now (maint)"),
        ("a,b", "3 of its 6 nodes are out of service now (down, drained: a bad disk, maint)"),
        ("c", ""),
        ("no", ""),
    ],
)
def test_nodes_that_are_out_of_service(partition: str, out: str) -> None:
    printed = (
        "a* 1:00 1 8 x up drained a bad disk\na* 1:00 1 8 x up down* none\n"
        "b 1:00 3 8 x up idle none\nb 1:00 1 8 x up maint none\nc 1:00 1 8 x up idle~ none\n"
    )
    assert slurm_queue.out_of_service(printed, partition) == out
    assert slurm_queue.shown(printed)[:2] == (
        "a* 1:00 1 8 x up drained a bad disk",
        "a* 1:00 1 8 x up down*",
    )


def test_as_many_tasks_as_nodes() -> None:
    """Slurm gives one task one node, whatever --nodes says."""
    asked = LaunchRequest(("prog",), 0, Resources(nodes=2))
    assert slurm_queue.allocation(asked)[:3] == ("salloc", "-n", "2")
    assert "#SBATCH --ntasks=2" in slurm_queue.header(asked)
    assert slurm_queue.trial(asked)[:4] == ("srun", "--test-only", "-n", "2")
    assert "-n" in slurm_queue.allocation(replace(asked, ranks=5))
    assert "#SBATCH --ntasks=5" in slurm_queue.header(replace(asked, ranks=5))


def test_what_is_asked_for_here_wins_over_the_users_own_defaults_for_sbatch() -> None:
    theirs = {
        "SBATCH_ACCOUNT": "proj1",
        "SBATCH_TIMELIMIT": "5",
        "SBATCH_MEM_PER_NODE": "1G",
        "SBATCH_ARRAY_INX": "0-9",
        "SBATCH_OUTPUT": "lost.log",
        "SBATCH_JOB_NAME": "x",
    }
    kept = {"SBATCH_QOS": "long", "SLURM_CONF": "/c", "HOME": "/h", "SLURM_DEBUG": "1"}
    assert slurm_queue.submitting(request(), {**theirs, **kept}) == kept
    assert slurm_queue.submitting(request(resources=Resources()), theirs) == {
        name: theirs[name] for name in ("SBATCH_ACCOUNT", "SBATCH_TIMELIMIT", "SBATCH_MEM_PER_NODE")
    }
    inside = {"SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0", "PMIX_RANK": "0", "SLURMD_NODENAME": "a"}
    for scheduler in QUEUES.values():
        kept = {"SLURM_CONF": "/c", "HOME": "/h"}
        assert scheduler.submitting(request(), {**inside, **kept}) == kept


@pytest.mark.parametrize(
    ("said", "hidden"), [("none", False), ("accounts,jobs,usage", True), ("jobs", True)]
)
def test_a_site_may_keep_jobs_from_other_users(said: str, hidden: bool) -> None:
    printed = f"PriorityWeightQOS       = 0\nPrivateData             = {said}\nProctrack = x\n"
    assert slurm_queue.hidden(printed) is hidden
    assert QUEUES["pbs"].hidden("")


def test_pbs_queue_is_read() -> None:
    printed = (
        '{"Jobs": {"1.s": {"job_state": "F", "Exit_status": 3}, "2.s": {"job_state": "R"},'
        ' "3.s": {"job_state": "Q", "comment": "Can Never Run: ncpus"}}}'
    )
    found = QUEUES["pbs"].states(printed, ["1.s", "2.s", "3.s", "4.s"])
    assert found["1.s"] == JobState("1.s", "FAILED", exit_code=3)
    assert found["2.s"].state == "RUNNING"
    assert QUEUES["pbs"].never(found["3.s"].reason)
    assert "4.s" not in found


def job(**more: object) -> Job:
    made = Job("63", "slurm", "e", 1, ("x",), "/f", "/f/%j.log", "/w", "now")
    return replace(made, **more)  # type: ignore[arg-type]


def test_what_became_of_a_job() -> None:
    assert job_state(job(), JobState("63", "RUNNING"), None).state == "RUNNING"
    assert job_state(job(), JobState("63", "COMPLETING"), 0).state == "COMPLETED"
    assert job_state(job(), None, 0) == JobState("63", "COMPLETED", exit_code=0)
    assert job_state(job(), None, 9) == JobState("63", "FAILED", exit_code=9)
    assert job_state(job(), JobState("63", "CANCELLED"), None).state == "CANCELLED"
    assert job_state(job(), None, None).state == "GONE"
    # The script outlived its command by a moment, and left that one's code.
    cancelled = JobState("63", "CANCELLED")
    assert job_state(job(), cancelled, 143) == JobState("63", "CANCELLED", exit_code=143)
    assert job_state(job(), JobState("63", "FAILED"), 143).state == "FAILED"
    assert job_state(job(), JobState("63", "TIMEOUT"), 4).state == "FAILED"
    # Its node died, and it is in the queue again.
    assert job_state(job(), JobState("63", "PENDING"), 143).state == "PENDING"


def test_where_a_log_is() -> None:
    assert job().log_pattern == "/f/63.log"
    array = job(log="/f[1]/%A_%a.log")
    assert (array.log_pattern, array.log_glob()) == ("/f[1]/63_*.log", "/f[[]1]/63_*.log")
    assert array.log_glob("7") == "/f[[]1]/63_7.log"
    assert job(log="/100%%/%x-%4j.log").log_glob() == "/100%/*-*.log"
    assert job(job="7[].host", log="/f/^array_index^.log").log_pattern == "/f/*.log"


@pytest.mark.parametrize(
    ("text", "number"), [("90s", 90), ("10m", 600), ("1:30:00", 5400), ("5", 5)]
)
def test_durations(text: str, number: int) -> None:
    assert seconds(text, "--max-wait") == number


def test_wrong_times_are_named() -> None:
    with pytest.raises(UsageError, match=r"'soon' is not a duration \(--max-wait\)"):
        seconds("soon", "--max-wait")
    with pytest.raises(UsageError, match="'²' is not a duration"):
        seconds("²", "--max-wait")
    with pytest.raises(UsageError, match="'٣' is not a time limit"):
        checked_time("٣", "--time")
    with pytest.raises(UsageError, match=r"'1h' is not a time limit \(--time\)"):
        checked_time("1h", "--time")
    for good in ("", "30", "1:30:00", "2-12:00:00"):
        assert checked_time(good, "--time") == good

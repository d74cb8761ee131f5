"""What system decides from text and variables alone: no process is started."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devenv.core.errors import StateError, StepError, UnreachableError, UsageError
from devenv.core.estimate import Estimate
from devenv.core.plan import Link, MakeFolder, Parallel, Plan, RemovePath, Rename, Write
from devenv.core.trace import Trace
from devenv.system import cores, failures, index, mpi, progress, repository
from devenv.system.executor import execute
from devenv.system.redaction import redacted, redacted_words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clone https://me:s3cret@host/a.git now", "clone https://***@host/a.git now"),
        ("https://me:p@ss@host/simple", "https://***@host/simple"),
        ("ssh://git@host/a", "ssh://***@host/a"),
        ("https://host/a@v1", "https://host/a@v1"),
        ("MY_TOKEN=abc other", "MY_TOKEN=*** other"),
        ("export db_password='a b' x", "export db_password=*** x"),
        ("it says hunter22 here", "it says *** here"),
    ],
)
def test_secrets_are_blanked(text: str, shown: str) -> None:
    assert redacted(text, {"CI_SECRET": "hunter22", "SHORT_TOKEN": "1", "HOME": "here"}) == shown


def test_secrets_in_a_command_are_blanked() -> None:
    words = (
        "prog",
        "--token=a b",
        "--password",
        "abc",
        "--api-key",
        "-v",
        "x",
        "--auth",
        "hunter22",
    )
    shown = ("prog", "--token=***", "--password", "***", "--api-key", "-v", "x", "--auth", "***")
    assert redacted_words(words, {"CI_SECRET": "hunter22"}) == shown
    code = "export ACCESS_KEY=abc; run --secret-key='a b' -n 2"
    shown = ("sh", "-c", "export ACCESS_KEY=*** run --secret-key=*** -n 2")
    assert redacted_words(("sh", "-c", code)) == shown


@pytest.mark.parametrize(
    ("environ", "ranks"),
    [
        ({}, 0),
        ({"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4"}, 0),
        ({"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"}, 4),
        ({"SLURM_STEP_ID": "4294967290", "SLURM_STEP_NUM_TASKS": "1"}, 0),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, 2),
        ({"PMI_SIZE": "3"}, 3),
        ({"OMPI_COMM_WORLD_SIZE": "²", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "x"}, 1),
    ],
)
def test_being_a_rank_is_read_from_the_variables(environ: Mapping[str, str], ranks: int) -> None:
    assert mpi.step_size(environ) == ranks


def test_whose_mpirun_it_is() -> None:
    assert mpi.flavour("mpirun (Open MPI) 4.1.4\n") == "openmpi"
    assert mpi.flavour("HYDRA build details:\n    Version: 4.0.2\n") == "mpich"
    assert mpi.flavour("Intel(R) MPI Library for Linux* OS, Version 2021.9") == "other"


@pytest.mark.parametrize(
    ("environ", "share"),
    [
        ({}, ()),
        # The shell that salloc opens on the login node is on no node of the job.
        ({"SLURM_JOB_CPUS_PER_NODE": "4"}, ()),
        ({"SLURM_CPUS_ON_NODE": "4", "SLURM_CPUS_PER_TASK": "2"}, (4,)),
        ({"SLURM_CPUS_ON_NODE": "4", "SLURM_CPUS_PER_TASK": "2", "SLURM_STEP_ID": "0"}, (2,)),
        (
            {
                "SLURM_CPUS_ON_NODE": "4",
                "SLURM_STEP_ID": "0",
                "SLURM_STEP_TASKS_PER_NODE": "2(x3),1",
            },
            (2,),
        ),
        ({"SLURM_CPUS_ON_NODE": "²"}, ()),
        (
            {
                "SLURM_CPUS_ON_NODE": "4",
                "SLURM_STEP_ID": "0",
                "SLURM_STEP_TASKS_PER_NODE": "0",
            },
            (4,),
        ),
    ],
)
def test_a_job_limits_the_cores(environ: dict[str, str], share: tuple[int, ...]) -> None:
    """As srun, salloc and sbatch of Slurm 22.05 set them."""
    assert cores._share(environ) == share


def test_control_groups_limit_the_cores(tmp_path: Path) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "outer" / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "outer" / "inner" / "cpu.max").write_text("max 100000\n")
    (tmp_path / "cpu,cpuacct" / "job").mkdir(parents=True)
    (tmp_path / "cpu,cpuacct" / "job" / "cpu.cfs_quota_us").write_text("400000\n")
    (tmp_path / "cpu,cpuacct" / "job" / "cpu.cfs_period_us").write_text("100000\n")
    membership = tmp_path / "cgroup"
    membership.write_text("0::/outer/inner\n4:cpu,cpuacct:/job\n5:memory:/x\n")
    assert list(cores._quotas(membership, tmp_path)) == [1.5, 4.0]
    assert list(cores._quotas(tmp_path / "none", tmp_path)) == []


UNSOLVED = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because only h5py<=3.16.0 is available and you require h5py>99, we can
      conclude that your requirements are unsatisfiable.

      hint: Pre-releases are available
"""
NO_NETWORK = """\
error: Request failed after 3 retries
  Caused by: Failed to fetch: `https://me:pw@host/simple/h5py/`
  Caused by: error sending request for url (https://me:pw@host/simple/h5py/)
  Caused by: client error (Connect)
  Caused by: dns error: failed to lookup address information: Name or service not known
"""


def test_the_reason_of_an_index_is_cut_to_a_line() -> None:
    unsolved = index._unresolved(["h5py>99"], UNSOLVED, {})
    assert isinstance(unsolved, UsageError)
    assert unsolved.what.endswith(
        "h5py>99: Because only h5py<=3.16.0 is available and you require h5py>99, we can conclude"
        " that your requirements are unsatisfiable."
    )
    environ = {"PIP_INDEX_URL": "https://me:pw@host/simple"}
    unreachable = index._unresolved(["h5py"], NO_NETWORK, environ)
    assert isinstance(unreachable, UnreachableError)
    assert "index https://***@host/simple (PIP_INDEX_URL) cannot be reached" in unreachable.what
    assert "\n" not in unreachable.what
    assert unreachable.what.endswith("Name or service not known")


def test_the_reason_of_git_is_its_first_fatal_line_without_secrets() -> None:
    said = (
        "stderr: 'Cloning into 'x'...\nremote: fatal: unable to read c73a\n"
        "fatal: early EOF\nfatal: index-pack failed'"
    )
    assert repository.reason(said) == "unable to read c73a"
    error = repository.unreachable("https://me:pw@host/a", "fatal: no https://me:pw@host/a/")
    assert "pw" not in str(error)
    error = repository.unreachable(
        "https://h/a", "fatal: unable to access 'https://h/a/': No route"
    )
    assert error.what == "https://h/a could not be reached: No route"
    full = repository.unreachable("u", "fatal: write error: No space left on device")
    assert isinstance(full, StateError)


def test_a_hook_does_not_turn_git_to_its_repository() -> None:
    environ = repository.environment({"GIT_DIR": "/mine", "GIT_INDEX_FILE": "i", "HOME": "/h"})
    assert "GIT_DIR" not in environ
    assert "GIT_INDEX_FILE" not in environ
    assert environ["HOME"] == "/h"
    assert environ["GIT_TERMINAL_PROMPT"] == "0"


def test_a_failure_tells_the_first_error_and_the_last_lines() -> None:
    lines = ["fine", "x.c:3: error: no ;", *(f"line {n}" for n in range(40))]
    error = failures.failure(("cc", "a b"), -9, lines, {}, title="compile x", log="/log")
    assert isinstance(error, StepError)
    assert error.what.startswith("compile x failed (killed by SIGKILL):")
    assert "x.c:3: error: no ;" in error.what
    assert "line 39" in error.what
    assert "line 5\n" not in error.what
    assert "cc 'a b'" in error.what
    assert (error.returncode, error.log) == (137, "/log")
    assert "/log" in error.fix


def make_progress(title: str, **options: Any) -> progress.Progress:
    return progress.make_progress(title, 2, Estimate(Plan(title), {}, 1), Trace(), **options)


def test_progress_is_lines_elsewhere_and_nothing_when_quiet() -> None:
    stream = io.StringIO()
    shown = make_progress("build", stream=stream)
    shown.step("compile a")
    shown.step("")
    shown.advance()
    shown.done()
    assert stream.getvalue() == "devenv: build\ndevenv:   compile a\n"
    silent = io.StringIO()
    make_progress("build", quiet=True, stream=silent).step("compile a")
    assert silent.getvalue() == ""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = _Terminal()
    shown = make_progress("build [it]", stream=stream)
    shown.step("compile [a]")
    shown.advance()
    shown.done()
    assert "compile [a]" in stream.getvalue()
    assert "1/2" in stream.getvalue()


def test_steps_on_files_are_done_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chains = tuple((Write(f"{tmp_path}/s/{n}", str(n)),) for n in range(5))
    plan = Plan(
        "t",
        (
            MakeFolder(f"{tmp_path}/s"),
            Parallel("p", chains),
            Rename(f"{tmp_path}/s", f"{tmp_path}/d"),
            Link(f"{tmp_path}/current", "d"),
            RemovePath(f"{tmp_path}/d/4"),
        ),
    )
    execute(plan, environ={})
    assert sorted(p.name for p in (tmp_path / "current").iterdir()) == ["0", "1", "2", "3"]
    assert capsys.readouterr().err == ""


def test_what_a_failed_plan_staged_is_removed_and_what_it_renamed_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    plan = Plan(
        "t",
        (
            Write(f"{tmp_path}/one.staging/f", "1"),
            Rename(f"{tmp_path}/one.staging", f"{tmp_path}/one"),
            Write(f"{tmp_path}/two.staging/f", "2"),
            Rename(f"{tmp_path}/two.staging", f"{tmp_path}/there"),
            Write(f"{tmp_path}/never", ""),
        ),
    )
    with pytest.raises(StateError, match="already exists"):
        execute(plan, environ={})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "there"]


@pytest.mark.parametrize(
    ("title", "elapsed", "ended", "said"),
    [
        ("zlib [1/9]", 0, 0, ""),
        ("zlib [7/9]", 20, 2, ""),
        ("zlib [4/9]", 30, 3, ", about 60 s left"),
        ("zlib [20/22]", 40, 4, ", about 30 s left"),
        ("zlib [6/30]", 300, 5, ", about 25 min left"),
        ("Concretized 1 spec", 50, 9, ""),
    ],
)
def test_time_left_is_told_from_what_is_done(
    title: str, elapsed: float, ended: int, said: str
) -> None:
    assert progress.time_left(title, elapsed, ended) == said

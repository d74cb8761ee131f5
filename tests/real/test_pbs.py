"""Batch jobs and runs against the stand-in of PBS (tests/pbs_standin.py), which is no PBS."""

from __future__ import annotations

import json
from pathlib import Path

import pbs_standin
import pytest
from support import EXPECTED, RING, raster
from tiny import Tiny

pytestmark = pytest.mark.real


@pytest.fixture
def pbs(tmp_path: Path) -> dict[str, str]:
    return pbs_standin.install(tmp_path / "pbs")


def test_a_job_and_an_array(tiny: Tiny, pbs: dict[str, str], tmp_path: Path) -> None:
    simulate = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path / 'out'}")
    asked = ("-n", "2", "-A", "proj16", "--time", "1:00:00", "--json", "--no-build")
    done = tiny.devenv(
        *("submit", "tiny", *asked, "--", *simulate),
        cwd=tiny.circuit,
        PYTHONPATH=str(RING),
        **pbs,
    )
    job = json.loads(done.stdout)
    log = tiny.devenv("logs", "-f", job["job"], **pbs).stdout
    assert log.count("numprocs=2") == log.count("numprocs=") == 1
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]
    script = Path(job["folder"], "script.sh").read_text(encoding="utf-8").splitlines()
    for line in ("-A proj16", "-l walltime=1:00:00", "-l select=1:ncpus=2:mpiprocs=2"):
        assert f"#PBS {line}" in script
    line = 'echo "$PBS_ARRAY_INDEX $DEVENV_ENV"'
    tiny.devenv("submit", "tiny", "--array", "0-11", "--", "sh", "-c", line, **pbs)
    logs = tiny.devenv("logs", "-f", "2", **pbs).stdout.splitlines()
    assert [text for text in logs if "log" not in text] == [f"{task} tiny" for task in range(12)]
    states = json.loads(tiny.devenv("jobs", "--json", **pbs).stdout)["jobs"]
    assert [each["state"] for each in states if each["scheduler"] == "pbs"] == ["COMPLETED"] * 2


def test_what_can_never_start_is_refused(tiny: Tiny, pbs: dict[str, str]) -> None:
    before = set((tiny.devenv.home / "jobs").glob("*"))
    done = tiny.devenv("submit", "tiny", "-n", "9", "--", "true", code=3, **pbs)
    assert "PBS cannot start this: Can Never Run: Insufficient amount" in done.stdout
    done = tiny.devenv("submit", "tiny", "-p", "nosuch", "--", "true", code=3, **pbs)
    assert "qsub refuses: qsub: Unknown queue" in done.stdout
    assert set((tiny.devenv.home / "jobs").glob("*")) == before


def test_the_sites_wrapper_runs_in_a_job_and_waits(
    tiny: Tiny, pbs: dict[str, str], tmp_path: Path
) -> None:
    simulate = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path / 'out'}")
    done = tiny.devenv(
        *("run", "tiny", "--no-build", "-n", "2", "-A", "proj16", "--", *simulate),
        cwd=tiny.circuit,
        PYTHONPATH=str(RING),
        **pbs,
    )
    assert done.stdout.count("numprocs=2") == 1
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]
    options = json.loads((tmp_path / "pbs" / "qcmd").read_text())
    assert options == ["-A", "proj16", "-l", "select=1:ncpus=2:mpiprocs=2"]
    built = tiny.devenv("build", "tiny", "--on", "pbs", "-p", "main", **pbs)
    assert "tiny is up to date" in built.stdout
    tiny.devenv(
        *("run", "tiny", "--no-build", "-n", "1", "--launcher", "pbs", "--", "sh", "-c", "exit 7"),
        cwd=tiny.circuit,
        code=7,
        **pbs,
    )


def test_work_is_a_batch_job_where_the_site_has_no_wrapper(
    tiny: Tiny, pbs: dict[str, str], tmp_path: Path
) -> None:
    """Followed to its end, with its exit code; and recorded, though it is in no generation."""
    (tmp_path / "pbs" / "bin" / "qcmd").unlink()
    pbs["XDG_CONFIG_HOME"] = str(tmp_path)
    built = tiny.devenv("build", "tiny", "--on", "pbs", "-p", "main", **pbs)
    assert "tiny is up to date" in built.stdout
    listed = json.loads(tiny.devenv("jobs", "--json", **pbs).stdout)["jobs"]
    job = listed[-1]
    assert (job["subject"], job["environment"], job["state"]) == ("build tiny", "", "COMPLETED")
    assert "tiny is up to date" in tiny.devenv("logs", job["job"].split(".")[0], **pbs).stdout
    rows = tiny.devenv("jobs", **pbs).stdout.splitlines()
    assert "build tiny" in [row for row in rows if row.startswith(job["job"])][-1]
    failed = tiny.devenv("build", "tiny", "+nosuch", "--on", "pbs", code=2, **pbs)
    assert "nosuch" in failed.stdout
    before = set((tiny.devenv.home / "jobs").glob("*"))
    refused = tiny.devenv("build", "tiny", "--on", "pbs", "-p", "nosuch", code=3, **pbs)
    assert "qsub refuses: qsub: Unknown queue" in refused.stdout
    assert set((tiny.devenv.home / "jobs").glob("*")) == before

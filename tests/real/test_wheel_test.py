"""devenv wheel test: NEURON's published wheel on every MPI, and a package with tests of its own."""

from __future__ import annotations

import json
import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import Cluster
from support import Devenv, plain_environ, report_of
from wheel_mpis import FLAVOURS
from wheel_samples import layered, simple

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real

PYTHON = f"3.{sys.version_info[1]}"
NEURON = "neuron==9.0.2"


def steps(devenv: Devenv, *arguments: object, code: int = 0) -> dict[str, dict[str, Any]]:
    done = devenv("wheel", "test", *arguments, "--json", code=code).stdout
    data = json.loads(done[done.index('{\n  "schema"') :])
    assert data["schema"] == "devenv.wheel.test/1"
    (suite,) = data["suites"]
    return {step["name"]: step for step in suite["steps"]}


def test_neuron_in_every_way_and_on_every_mpi(
    devenv: Devenv, mpis: list[Path], tmp_path: Path
) -> None:
    options = [word for prefix in mpis for word in ("--mpi", str(prefix))]
    report = tmp_path / "report.xml"
    found = steps(devenv, PYTHON, NEURON, *options, "--junit", report)
    states = {name: step["state"] for name, step in found.items()}
    for name in ("import", "serial tests", "rxd tests", "nrniv", "special", "mechanism in Python"):
        assert states[name] == "passed", found[name]
    assert states["GPU"] == "skipped"
    assert "without it" in found["GPU"]["reason"]
    ranks = {name: state for name, state in states.items() if name.startswith("2 ranks: ")}
    assert set(ranks.values()) == {"passed"}
    for title in ("Intel MPI", "MPICH 5", "Open MPI 5"):
        assert any(title in name for name in ranks), ranks
    assert len(ranks) >= len(FLAVOURS)
    cases = {case.get("name"): case for case in ElementTree.parse(report).iter("testcase")}  # noqa: S314
    assert set(cases) == set(found)
    skipped = {name for name, case in cases.items() if case.find("skipped") is not None}
    assert skipped == {name for name, state in states.items() if state == "skipped"}


def test_ranks_that_do_not_find_each_other_fail_though_they_leave_with_0() -> None:
    """The launcher of one MPI and the library of another: judged by what is printed."""
    from devenv.products.wheel.installed import run_steps
    from devenv.products.wheel.trial import Step

    code = "print('rank 0 of 1')"
    step = Step("2 ranks", (sys.executable, "-c", code), ("rank 0 of 2", "rank 1 of 2"))
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (outcome,) = run_steps([step], root, root / "work", root / "log", plain_environ())
    assert (outcome.state, outcome.reason) == ("failed", "its output has no 'rank 0 of 2'")


OWN = """
[tool.cibuildwheel]
test-command = "python -m unittest discover -s {project}/tests"

[[tool.devenv.wheel.tests]]
name = "answer"
command = ["{python}", "-c", "import layered; print('answer', layered.answer())"]
expect = "^answer 42$"
"""


def test_a_package_with_its_own_tests_and_no_index(devenv: Devenv, tmp_path: Path) -> None:
    source = layered(tmp_path / "layered", more=OWN)
    devenv("wheel", "build", source, "--python", PYTHON)
    (wheel,) = (tmp_path / "wheelhouse").glob("*.whl")
    dead = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
    own = Devenv(devenv.home, dead)
    found = steps(own, PYTHON, wheel, "--project", source)
    assert {name: step["state"] for name, step in found.items()} == {
        "import": "passed",
        "answer": "passed",
        "own tests": "passed",
    }
    assert report_of(devenv, "wheel build")["products"]
    assert report_of(devenv, f"wheel test {PYTHON}")["code"] == 0
    (source / "tests" / "test_layered.py").write_text(
        "import os\nprint('broken here', flush=True)\nos._exit(3)\n"
    )
    found = steps(own, PYTHON, wheel, "--project", source, code=1)
    assert found["own tests"]["state"] == "failed"
    assert "broken here" in found["own tests"]["tail"]


def test_what_it_needs_is_not_there(devenv: Devenv, tmp_path: Path) -> None:
    source = simple(tmp_path / "simple")
    text = (source / "pyproject.toml").read_text()
    (source / "pyproject.toml").write_text(
        text.replace("requires-python", 'dependencies = ["numpy"]\nrequires-python')
    )
    devenv("wheel", "build", source, "--python", PYTHON)
    (wheel,) = (tmp_path / "wheelhouse").glob("*.whl")
    said = devenv("wheel", "test", PYTHON, wheel, code=2).stdout
    assert "numpy" in said
    assert "--with-index" in said


def test_all_interpreters_that_a_wheel_is_for(devenv: Devenv, tmp_path: Path) -> None:
    tags = [p.tag for p in pythons(os.environ) if p.headers and p.version.split(".")[1] >= "10"]
    if len(tags) < 2:
        pytest.skip("two Pythons are needed")
    source = simple(tmp_path / "simple")
    devenv("wheel", "build", source, "--python", ",".join(tags[:2]))
    wheel = next((tmp_path / "wheelhouse").glob(f"*-{tags[0]}-*.whl"))
    found = steps(devenv, "all", wheel)
    assert found["import"]["state"] == "passed"
    said = devenv("wheel", "test", tags[1], wheel, code=2).stdout
    assert f"is not for {tags[1]}" in said


def test_bad_input(devenv: Devenv, tmp_path: Path) -> None:
    said = devenv("wheel", "test", PYTHON, "nothing.whl", code=2).stdout
    assert "nothing.whl: not the name of a wheel" in said
    said = devenv("wheel", "test", PYTHON, "pip", "--mpi", tmp_path, code=2).stdout
    assert f"--mpi {tmp_path}: no mpirun works there" in said
    said = devenv("wheel", "test", "4.2", "pip", code=2).stdout
    assert "no Python 4.2" in said
    for path in (tmp_path / "nowhere", tmp_path):
        said = devenv("wheel", "test", path, "pip", code=2).stdout
        assert f"{path} is not a Python interpreter" in said
    said = devenv("wheel", "test", PYTHON, "pip", "--junit", tmp_path, code=2).stdout
    assert f"{tmp_path} is a directory" in said
    assert not (devenv.home / "wheels").exists()


RANKS = """
[[tool.devenv.wheel.tests]]
name = "ranks"
command = ["{python}", "{project}/ranks.py"]
expect = "rank 1 of 2 below slurmstepd, from modules"
ranks = 2
"""
RANKS_PY = """\
import os, pathlib, simple
get = os.environ.get
rank = get("PMI_RANK") or get("OMPI_COMM_WORLD_RANK")
size = get("PMI_SIZE") or get("OMPI_COMM_WORLD_SIZE")
parents, pid = [], os.getpid()
while pid > 1:
    name, _, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    parents.append(name)
    pid = int(rest.split()[1])
where = next((name for name in parents if name.startswith("slurmstepd")), parents)
print(f"rank {rank} of {size} below {where}, from {get('LOADED_FROM')}", flush=True)
"""


def test_in_a_job_with_modules_and_the_mpi_of_a_module(
    devenv: Devenv, mpis: list[Path], slurm: Cluster, tmp_path: Path
) -> None:
    """It is tested on the node, with the Python and the MPIs of modules; the report comes back."""
    found = next(
        p for p in pythons(os.environ) if p.headers and p.tag != f"cp3{sys.version_info[1]}"
    )
    folders = {name: tmp_path / "modules" / name for name in ("all", "unstable")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    lines = f"setenv LOADED_FROM modules\nmodule use {folders['unstable']}\n"
    (folders["all"] / "unstable").write_text(f"#%Module\n{lines}")
    (folders["unstable"] / "python").write_text(
        f"#%Module\nprepend-path PATH {Path(found.path).parent}\n"
    )
    for prefix in mpis[:2]:
        (folders["unstable"] / f"my-{prefix.name}").write_text(
            f"#%Module\nprepend-path PATH {prefix}/bin\nprepend-path LD_LIBRARY_PATH {prefix}/lib\n"
        )
    source = simple(tmp_path / "simple", more=RANKS)
    (source / "ranks.py").write_text(RANKS_PY)
    devenv("wheel", "build", source, "--python", found.tag)
    (wheel,) = (tmp_path / "wheelhouse").glob("*.whl")
    report = tmp_path / "report.xml"
    bare = {"PATH": "/usr/bin:/bin", "MODULEPATH": str(folders["all"]), **slurm.environ}
    job = ("--on", "slurm", "-A", "proj16", "-C", "cpu", "--modules", "unstable,python")
    flavours = [word for prefix in mpis[:2] for word in ("--mpi", f"my-{prefix.name}")]
    asked = (found.tag, wheel, "--project", source, *flavours, "--junit", report, *job)
    says = steps(Devenv(devenv.home, bare), *asked)
    ranks = {name: step for name, step in says.items() if name.startswith("ranks: my-")}
    assert len(ranks) == 2
    assert {step["state"] for step in ranks.values()} == {"passed"}, ranks
    assert 'name="ranks: my-mpich' in report.read_text()
    jobs = slurm("scontrol", "show", "jobs", "-o")
    assert "Account=proj16" in jobs
    assert "Features=cpu" in jobs
    slurm.wait_empty()

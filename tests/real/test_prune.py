"""devenv prune: whatever kind it is of, what nobody uses goes, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from extension_samples import NAME, sample
from project import Project
from small_models import make_small, mod
from support import Devenv, plain_environ
from tiny import template

from devenv.system.leases import sharing

pytestmark = pytest.mark.real

BARE = """\
summary: one package beside NEURON
neuron: neuron==9.0.2
packages: [{package}]
"""


def tree(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_with_every_environment_removed_only_the_trash_is_left(tmp_path: Path) -> None:
    small = make_small(tmp_path / "home", "only", 2)
    small.build()
    home = small.devenv.home
    small.path("small0").write_text(mod("small0", 0.25))
    small.build()
    kinds = {"neuron", "venvs", "models", "objects", "log", "locks"}
    assert kinds <= {path.name for path in home.iterdir()}
    small.devenv("remove", "only")
    dry = small.devenv("prune", "--dry-run").stdout
    before = tree(home)
    assert {"neuron", "venvs", "models"} <= {path.split("/")[0] for path in before}
    for kind in ("neuron", "venvs", "models", "objects"):
        assert f"rm -rf {home / kind}/" in dry
    assert "Removed" in small.devenv("prune").stdout
    assert {path.name for path in home.iterdir()} == {"trash"}, "only what a user wrote is left"
    kept = {path.name for path in home.rglob("*") if not path.is_dir()}
    assert kept == {"environment.yaml", "current"}


def test_logs_and_marks_go_with_what_they_are_of(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    project = Project(Devenv(tmp_path / "home"), folder)
    home = project.devenv.home
    project("init")
    project("add", "six==1.16.0")
    project("develop", NAME, "--path", sample(tmp_path, "setuptools"))
    assert list((home / "log").glob(f"builder-{NAME}@*.log"))
    assert len(list((home / "allowed").iterdir())) > 1
    before = {path.name for path in (home / "log").glob("*.log")}
    (home / "log" / "venvs-0123456789abcdef0123.log").touch()
    project("prune")
    assert {path.name for path in (home / "log").glob("*.log")} == before
    assert len(list((home / "allowed").iterdir())) == 1, "only that of the file as it is"
    assert "making" not in project("run", "--", "true")
    project.devenv("remove", project.name)
    shutil.rmtree(folder)
    project.devenv("prune")
    assert {path.name for path in home.iterdir()} == {"trash"}


def test_what_another_environment_uses_stays(tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home")
    for name, package in (("one", "packaging==24.2"), ("two", "packaging==25.0")):
        template(devenv, name, BARE.format(package=package))
        devenv("create", name)
    used = json.loads(devenv("du", "--json").stdout)
    (neuron,) = [e for e in used["entries"] if e["kind"] == "neuron"]
    assert neuron["users"] == ["one", "two"]
    assert neuron["bytes"] > 1_000_000
    venvs = {e["users"][0]: e for e in used["entries"] if e["kind"] == "venvs"}
    shares = {one["environment"]: one for one in used["environments"]}
    assert shares["two"]["alone"] == venvs["two"]["bytes"]
    assert shares["two"]["store"] == venvs["two"]["bytes"] + neuron["bytes"]
    devenv("remove", "one")
    before = tree(devenv.home)
    removed = json.loads(devenv("prune", "--json").stdout)["removed"]
    gone = {path.split("/")[1] for path in before - tree(devenv.home) if path.startswith("venvs/")}
    assert gone == {Path(venvs["one"]["path"]).name}
    assert venvs["one"]["path"] in removed
    assert Path(neuron["path"]).is_dir()
    said = devenv(
        "run", "two", "--", "python", "-c", "import packaging; print(packaging.__version__)"
    )
    assert said.stdout.splitlines()[-1] == "25.0"


def test_nothing_is_pruned_while_something_is_being_made(tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home")
    leftover = devenv.home / "venvs" / "0123456789abcdef0123"
    leftover.mkdir(parents=True)
    argv = [sys.executable, "-m", "devenv", "prune"]
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    with sharing(devenv.home / "locks" / "store"):
        waiting = subprocess.Popen(argv, env=environ, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr
        assert waiting.stderr.readline().startswith("devenv: waiting for the store, held by pid")
        time.sleep(0.3)
        assert leftover.is_dir()
    assert waiting.wait() == 0
    waiting.stderr.close()
    assert not leftover.exists()

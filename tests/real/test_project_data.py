"""Data of a project: fetched once, verified, shared, and removed with what used it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from project import NEURON, Project
from support import Devenv

pytestmark = pytest.mark.real


@pytest.fixture
def project(make_devenv: Callable[[str], Devenv], tmp_path: Path) -> Project:
    """A project with an archive, a repository and a folder as its data."""
    archive, remote = tmp_path / "traces.zip", tmp_path / "remote"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("traces/one.txt", "1\n")
    remote.mkdir()
    (remote / "circuit.json").write_text("{}")
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(remote))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x"), ("tag", "v1")):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "folder").mkdir()
    project = Project(make_devenv("data"), tmp_path / "project")
    project.folder.mkdir()
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    data = {
        "traces": {"url": f"file://{archive}", "sha256": digest},
        "circuits": {"git": f"file://{remote}", "ref": "v1"},
        "local": {"folder": str(tmp_path / "folder")},
        "wrong": {"url": f"file://{archive}", "sha256": "ab" * 32},
        "gone": {"url": f"file://{tmp_path}/nowhere.zip", "sha256": digest},
    }
    project.write({"devenv.yaml": f"{NEURON}data: {json.dumps(data)}\n"})
    project("allow")
    return project


def states(project: Project) -> dict[str, str]:
    found = json.loads(project("data", "list", "--json"))["data"]
    return {one["name"]: one["state"] for one in found}


def test_data_is_fetched_verified_and_shared(project: Project, tmp_path: Path) -> None:
    traces = Path(project("data", "get", "traces").splitlines()[-1])
    assert (traces / "traces/one.txt").read_text() == "1\n"
    circuits = Path(project("data", "get", "circuits").splitlines()[-1])
    assert (circuits / "circuit.json").read_text() == "{}"
    assert project("data", "get", "local").strip() == str(tmp_path / "folder")
    assert states(project) == {
        "traces": "fetched",
        "circuits": "fetched",
        "local": "there",
        "wrong": "not fetched",
        "gone": "not fetched",
    }
    # It is read-only; what was changed in spite of that is seen, and fetched anew.
    inode = traces.stat().st_ino
    assert project("data", "get", "traces").strip() == str(traces)
    assert traces.stat().st_ino == inode
    file = traces / "traces/one.txt"
    file.chmod(0o644)
    file.write_text("changed\n")
    assert states(project)["traces"] == "changed"
    project("data", "get", "traces")
    assert file.read_text() == "1\n"


def test_a_hash_counts_to_its_last_digit(project: Project) -> None:
    project("data", "get", "traces")
    file = project.folder / "devenv.yaml"
    before, mark, digits = file.read_text().partition('"sha256": "')
    digest, after = digits[:64], digits[64:]
    near = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    file.write_text(f"{before}{mark}{near}{after}")
    project("allow")
    assert states(project)["traces"] == "not fetched"
    said = project("data", "get", "traces", code=4)
    assert f"has the hash {digest}, not {near}" in said


def test_another_archive_is_refused_and_nothing_is_left(project: Project) -> None:
    said = project("data", "get", "wrong", code=4)
    assert "has the hash" in said
    assert "nowhere.zip" in project("data", "get", "gone", code=4)
    assert "unknown data 'other'" in project("data", "get", "other", code=2)
    store = project.devenv.home / "data"
    assert not store.is_dir() or [p for p in store.iterdir() if p.name[:1] != "."] == []


def test_it_goes_with_the_environment_that_uses_it(project: Project) -> None:
    traces = Path(project("data", "get", "traces").splitlines()[-1])
    circuits = Path(project("data", "get", "circuits").splitlines()[-1])
    project("prune")
    assert traces.is_dir()
    assert circuits.is_dir()
    project("remove", project.name)
    project("prune")
    assert not traces.exists()
    assert not circuits.exists()

"""devenv.yaml and devenv.lock as text and as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.project_edit import (
    with_mods,
    with_requirements,
    without_mods,
    without_packages,
)
from devenv.config.project_lock import project_lock_text, read_project_lock
from devenv.config.templates import load_project, load_template, template_folders
from devenv.core.errors import UsageError
from devenv.core.project import Project, ProjectLock

PINS = (
    "a==1 \\",
    f"    --hash=sha256:{'ab' * 32} \\",
    f"    --hash=sha256:{'cd' * 32}",
    "b[x]==2.0",
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def project(folder: Path, text: str, home: Path | None = None) -> Project:
    (folder / "devenv.yaml").write_text(text, encoding="utf-8")
    return load_project(folder / "devenv.yaml", template_folders(home or folder))


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = ProjectLock("3.11", "i" * 20, PINS, (), {"https://h/x.git@v1": COMMIT})
    (tmp_path / "devenv.lock").write_text(project_lock_text(lock), encoding="utf-8")
    assert read_project_lock(tmp_path / "devenv.lock") == lock
    assert project_lock_text(lock) == project_lock_text(lock)
    assert read_project_lock(tmp_path / "none.lock") is None


@pytest.mark.parametrize("text", ["<<<<<<< ours\n", "a: [1\n", "[]\n", "a: 1\n", "a: 1\na: 2\n"])
def test_a_damaged_lock_has_a_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "devenv.lock").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"devenv\.lock") as caught:
        read_project_lock(tmp_path / "devenv.lock")
    assert caught.value.fix.startswith("Take it from the repository again, or remove it")


def test_a_new_version_changes_its_own_lines_alone(tmp_path: Path) -> None:
    before = project_lock_text(ProjectLock("3.11", "i", PINS, ("c==1",))).splitlines()
    after = project_lock_text(ProjectLock("3.11", "i", PINS, ("c==2",))).splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        ("  'c==1': []", "  'c==2': []")
    ]


def test_a_project_adds_to_its_template(tmp_path: Path) -> None:
    (tmp_path / "mod").mkdir()
    text = (
        "template: neocortex\nvariant: +coreneuron\npackages: [neurodamus==4.2.8, scipy]\n"
        "model: {mods: [{path: mod}]}\n"
    )
    found = project(tmp_path, text)
    base = load_template("neocortex", template_folders(tmp_path))
    assert found.template.packages == ("neurodamus==4.2.8", "scipy", *base.packages[1:])
    assert found.template.model is not None
    assert base.model is not None
    assert found.template.model.mods[0].path == str(tmp_path / "mod")
    assert found.template.model.mods[1:] == base.model.mods
    assert found.template.neuron == base.neuron
    assert found.template.name == tmp_path.name


def test_repositories_are_at_the_commits_of_the_lock(tmp_path: Path) -> None:
    lock = ProjectLock("3.11", commits={"https://h/x.git@main": COMMIT})
    (tmp_path / "devenv.lock").write_text(project_lock_text(lock), encoding="utf-8")
    text = "neuron: neuron\nmodel: {mods: [{url: 'https://h/x.git', ref: main, path: m}]}\n"
    found = project(tmp_path, text)
    assert found.template.model is not None
    assert found.locked.model is not None
    assert found.template.model.mods[0].ref == "main"
    assert found.locked.model.mods[0].ref == COMMIT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("packages: []\n", "the key 'neuron' is missing"),
        ("neuron: neuron\nvariant: +nosuch\n", "unknown variant 'nosuch'"),
        ("neuron: neuron\nmodel: {mods: [{}]}\n", "it names no folder"),
        ("neuron: neuron\nmodel: {mods: [{package: nosuch}]}\n", "unknown package 'nosuch'"),
        ("neuron: neuron\nmodel: {mods: [{package: neurodamus, url: 'a', ref: b}]}\n", "exclude"),
        ("neuron: neuron\nmodel: {mods: [{url: 'https://h/x'}]}\n", "not a repository at a ref"),
        ("neuron: neuron\ndevelop: [{package: x}]\n", "one of path and git"),
        ("neuron: neuron\npakages: []\n", "Did you mean 'packages'"),
        ("- a\n", "expected keys with values"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError) as raised:
        project(tmp_path, text)
    assert why in str(raised.value)
    assert "devenv.yaml" in str(raised.value) or "template" in str(raised.value)


def test_a_package_may_be_described_in_the_file(tmp_path: Path) -> None:
    text = (
        "neuron: neuron\npackages: [mine]\ncatalogue: {mine: {mods: [mine/mod]}}\n"
        "model: {mods: [{package: mine}]}\n"
    )
    assert project(tmp_path, text).template.catalogue["mine"].mods == ("mine/mod",)


TEXT = """\
# mine
neuron: neuron==9.0.2  # why
packages:
  - numpy<3  # arrays
model:
  mods:
    - path: a  # first
"""


def test_edits_leave_all_else_as_it_is() -> None:
    added = with_requirements(TEXT, ["scipy", "Numpy<2"], "x")
    assert "  - Numpy<2" in added
    assert "  - scipy\n" in added
    assert with_requirements(TEXT, ["neuron==9.1"], "x").startswith(
        "# mine\nneuron: neuron==9.1  # why\n"
    )
    assert without_packages(added, ["scipy"], "x") == with_requirements(TEXT, ["Numpy<2"], "x")
    more = with_mods(TEXT, ["b", "a"], "x")
    assert more == TEXT + "    - path: b\n"
    assert without_mods(more, ["b"], "x") == TEXT
    assert "mods: []" in without_mods(TEXT, ["a"], "x")
    assert "model:\n  mods:\n    - path: 'b: c'\n" in with_mods("neuron: neuron\n", ["b: c"], "x")
    for refused in (
        lambda: without_packages(TEXT, ["scipy"], "x"),
        lambda: without_mods(TEXT, ["z"], "x"),
    ):
        with pytest.raises(UsageError, match=r"unknown (package|folder)"):
            refused()

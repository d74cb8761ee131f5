"""A folder's own environment: written by init, made by run, kept in step with its file, and locked."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from project import NEURON, Project
from support import Devenv, plain_environ

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def devenv(make_devenv: Callable[[str], Devenv]) -> Devenv:
    return make_devenv("project")


@pytest.fixture
def project(devenv: Devenv, tmp_path: Path) -> Project:
    folder = tmp_path / "my model (v2)"
    folder.mkdir()
    return Project(devenv, folder)


def test_two_commands_run_a_script_with_its_mechanisms(project: Project) -> None:
    project.add_mod("cells/mod/first.mod", 0.001)
    project.write({"x86_64/old.mod": "NEURON { SUFFIX old }", "run.py": ""})
    said = project("init")
    assert "path: cells/mod" in (project.folder / "devenv.yaml").read_text()
    assert "x86_64" not in said
    assert project.currents("first", "old") == {"first": 0.015, "old": None}
    # In a folder below, and with a mechanism that was edited and one that is new.
    project.add_mod("cells/mod/first.mod", 0.002)
    project.add_mod("cells/mod/second.mod", 0.004)
    assert project.currents("first", "second") == {"first": 0.03, "second": 0.06}
    below = Project(project.devenv, project.folder / "cells")
    assert below.currents("second") == {"second": 0.06}


def test_an_edit_of_the_file_is_made_when_it_is_allowed(project: Project) -> None:
    project.add_mod("a/one.mod")
    project.add_mod("b/two.mod", 0.002)
    project.write({"devenv.yaml": NEURON + "model: {mods: [{path: a}]}\n"})
    asked = project("run", "--", "true", code=6)
    assert "devenv allow" in asked
    assert "1 folder of MOD files" in asked
    assert not project.is_made
    project("allow")
    assert project.currents("one", "two") == {"one": 0.015, "two": None}
    project.write({"devenv.yaml": NEURON + "model: {mods: [{path: a}, {path: b}]}\n"})
    assert "devenv allow" in project("run", "--", "true", code=6)
    project("allow")
    assert project.currents("one", "two") == {"one": 0.015, "two": 0.03}


def test_the_lock_gives_another_machine_the_same_versions(
    project: Project, make_devenv: Callable[[str], Devenv], tmp_path: Path
) -> None:
    project.write({"devenv.yaml": "neuron: neuron==9.0.2\npackages: [tomlkit<0.13]\n"})
    project("allow")
    project("build")
    lock = project.folder / "devenv.lock"
    version = _version(project)
    assert f"'tomlkit=={version}':" in lock.read_text()
    assert version.startswith("0.12")
    # The file now allows newer ones, and the lock does not ask for them.
    project.write({"devenv.yaml": "neuron: neuron==9.0.2\npackages: [tomlkit]\n"})
    clone = tmp_path / "clone"
    shutil.copytree(project.folder, clone)
    other = Project(make_devenv("other"), clone)
    assert "not allowed" in other("build", code=6)
    other("allow")
    assert _version(other) == version
    other("build", "--update")
    assert _version(other) != version
    assert f"'tomlkit=={_version(other)}':" in (clone / "devenv.lock").read_text()
    # Where that lock comes back by a pull, it is asked for once more, and is gone by.
    shutil.copy(clone / "devenv.lock", lock)
    project("allow")
    assert _version(project) == _version(other)


def _version(project: Project, **variables: str) -> str:
    script = "import tomlkit; print('VERSION', tomlkit.__version__)"
    said = project("run", "--", "python", "-c", script, **variables)
    return said.split("VERSION ")[1].split()[0]


def test_the_active_environment_is_used_and_a_note_says_so(project: Project) -> None:
    text = NEURON.replace("[]", "[tomlkit==0.12.5]")
    project.write({"devenv.yaml": NEURON, "plain.yaml": f"summary: mini\n{text}"})
    project("create", "d1", "--template", "./plain.yaml")
    file = project.folder / "devenv.yaml"
    note = f"note: d1, which is active, is used, and not the environment of {file};"
    assert _version(project, DEVENV_ENV="d1") == "0.12.5"
    assert project("run", "--", "true", DEVENV_ENV="d1").count(note) == 1
    added = project("add", "six", DEVENV_ENV="d1")
    assert added.count(note) == 1
    assert "Added six to d1." in added
    assert "Removed six from d1." in project("remove-package", "six", DEVENV_ENV="d1")
    assert file.read_text() == NEURON
    assert note not in project("run", "d1", "--", "true", DEVENV_ENV="d1")
    project("allow")
    assert f"Added six to {file}." in project("add", "six")
    assert "note: " not in project("run", "--", "true", DEVENV_ENV=project.name)
    assert f"Removed six from {file}." in project("remove-package", "six", DEVENV_ENV=project.name)


def test_packages_and_mods_are_added_and_removed(project: Project) -> None:
    project.add_mod("a/one.mod")
    project.add_mod("b/two.mod", 0.002)
    project.write({"devenv.yaml": f"# mine\n{NEURON}model:\n  mods:\n    - path: a  # kept\n"})
    project("allow")
    project("mods", "add", "b")
    assert project.currents("one", "two") == {"one": 0.015, "two": 0.03}
    project("add", "tomlkit==0.12.5")
    assert _version(project) == "0.12.5"
    text = (project.folder / "devenv.yaml").read_text()
    assert text.startswith("# mine\n")
    assert "- path: a  # kept\n" in text
    refused = project("add", "no-such-package-of-ours==9", code=2)
    assert "no-such-package-of-ours" in refused
    assert (project.folder / "devenv.yaml").read_text() == text
    project("remove-package", "tomlkit")
    project("mods", "remove", "b")
    assert project.currents("two") == {"two": None}
    assert "tomlkit" not in (project.folder / "devenv.yaml").read_text()
    assert "tomlkit" not in (project.folder / "devenv.lock").read_text()
    assert "Known: a" in project("mods", "remove", "c", code=2)


def test_an_edit_keeps_the_line_ends_of_the_file(project: Project) -> None:
    project.add_mod("a/one.mod")
    project.add_mod("b/two.mod")
    text = f"# mine\n{NEURON}model:\n  mods:\n    - path: a  # kept\n"
    file = project.folder / "devenv.yaml"
    file.write_bytes(text.replace("\n", "\r\n").encode())
    project("allow")
    project("mods", "add", "b")
    after = f"{text}    - path: b\n".replace("\n", "\r\n").encode()
    assert file.read_bytes() == after
    project("add", "no-such-package-of-ours==9", code=2)
    assert file.read_bytes() == after


def test_edits_at_once_wait_for_each_other(project: Project) -> None:
    project.write({"devenv.yaml": NEURON})
    project("allow")
    packages = ("six==1.16.0", "colorama==0.4.5", "packaging==24.2", "toml==0.10.2")
    environ = {**plain_environ(), "DEVENV_HOME": str(project.devenv.home)}
    argv = [sys.executable, "-m", "devenv", "add"]
    started = [
        subprocess.Popen(
            [*argv, one],
            cwd=project.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for one in packages
    ]
    for one in started:
        said = one.communicate(timeout=600)[0]
        assert one.returncode == 0, said
    text = (project.folder / "devenv.yaml").read_text()
    assert all(one in text for one in packages)
    code = "import six, colorama, packaging, toml"
    assert "making" not in project("run", "--", "python", "-c", code)


def test_what_only_looks_makes_nothing(project: Project) -> None:
    project.write({"devenv.yaml": NEURON})
    for command in (("show",), ("list",), ("which", "python"), ("doctor",)):
        project(*command, code=None)
    project("run", "--dry-run", "--", "true", code=6)
    project("allow")
    assert "uv pip compile" in project("run", "--dry-run", "--", "true")
    assert f"{project.folder}" in project("build", "--dry-run")
    assert not (project.folder / "devenv.lock").exists()
    name = json.loads(project("allow", "--json"))["file"]
    assert name == str(project.folder / "devenv.yaml")
    assert not project.is_made


def test_an_environment_of_named_parts_needs_no_file(project: Project) -> None:
    project.add_mod("mod/one.mod")
    parts = ("--mods", project.folder / "mod", "--package", "tomlkit==0.12.5")
    project("create", "parts", *parts)
    script = "import tomlkit; from neuron import h; h.Section().insert('one'); print('WORKS')"
    assert "WORKS" in project("run", "parts", "--", "python", "-c", script)
    project("add", "--env", "parts", "tomlkit==0.12.4")
    assert "tomlkit==0.12.4" in project("show", "parts", "--json").replace('"', "")
    project("remove-package", "--env", "parts", "tomlkit")
    there = "import importlib.util as i; print('THERE', i.find_spec('tomlkit') is not None)"
    assert "THERE False" in project("run", "parts", "--", "python", "-c", there)
    project("remove", "parts")


def test_a_further_model_is_removed(project: Project) -> None:
    project.add_mod("mod/one.mod")
    project.write({"devenv.yaml": NEURON + "model: {mods: [{path: mod}]}\n"})
    project("allow")
    project("build")
    name = project.name
    project("build", f"{name}", "build_type=Debug")
    assert "build_type=Debug" in project("show", "--json")
    project("models", "remove", "build_type=Debug", "--env", name)
    assert "build_type=Debug" not in json.dumps(
        json.loads(project("show", "--json"))["environment"]
    )
    assert project.currents("one") == {"one": 0.015}


def test_folders_of_a_repository_are_at_the_locked_commit(project: Project, tmp_path: Path) -> None:
    remote = Project(project.devenv, tmp_path / "remote")
    remote.folder.mkdir()
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(remote.folder))
    remote.add_mod("mod/far.mod", 0.001)
    _run(*git, "init", "-qb", "main")
    _commit(git)
    folder = f"{{url: 'file://{remote.folder}', ref: main, path: mod}}"
    project.write({"devenv.yaml": NEURON + f"model: {{mods: [{folder}]}}\n"})
    assert "a clone of file://" in project("allow")
    assert project.currents("far") == {"far": 0.015}
    commit = _run(*git, "rev-parse", "HEAD").strip()
    assert commit in (project.folder / "devenv.lock").read_text()
    remote.add_mod("mod/far.mod", 0.002)
    _commit(git)
    clone = tmp_path / "clone"
    shutil.copytree(project.folder, clone)
    other = Project(project.devenv, clone)
    other("allow")
    assert other.currents("far") == {"far": 0.015}


def _run(*argv: str) -> str:
    return subprocess.run(argv, check=True, text=True, capture_output=True).stdout


def _commit(git: tuple[str, ...]) -> None:
    _run(*git, "add", "-A")
    _run(*git, "commit", "-qm", "mods")


def test_a_source_of_git_is_cloned_once_and_then_the_users(
    project: Project, tmp_path: Path
) -> None:
    remote = Project(project.devenv, tmp_path / "remote.git")
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    remote.write({"pyproject.toml": build + '[project]\nname = "far-away"\nversion = "1"\n'})
    remote.write({"far_away/__init__.py": "ANSWER = 1\n"})
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(remote.folder))
    _run(*git, "init", "-qb", "main")
    _commit(git)
    source = f"{{package: far-away, git: 'file://{remote.folder}', branch: main}}"
    project.write({"devenv.yaml": NEURON + f"develop: [{source}]\n"})
    assert f"file://{remote.folder}" in project("run", "--", "true", code=6)
    assert not project.is_made
    project("allow")
    ask = ("run", "--", "python", "-c", "import far_away as f; print(f.__file__, f.ANSWER)")
    file, answer = project(*ask).split()[-2:]
    assert answer == "1"
    assert Path(file).is_relative_to(project.devenv.home)
    # The clone is live and stays as it is: an edit shows, and no build fetches over it.
    clone = Path(file).resolve()
    clone.write_text("ANSWER = 2\n")
    remote.write({"far_away/__init__.py": "ANSWER = 3\n"})
    _commit(git)
    project("build")
    assert project(*ask).split()[-1] == "2"
    assert clone.read_text() == "ANSWER = 2\n"

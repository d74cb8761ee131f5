"""Locks, the stores that environments share, and what a kill at any moment leaves."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import EXPECTED, plain_environ, raster
from tiny import Tiny

pytestmark = pytest.mark.real

STORES = ("neuron", "venvs", "models", "overlays")


def lock_of(tiny: Tiny, name: str) -> dict[str, Any]:
    path = tiny.devenv.home / "envs" / name / "current" / "lock.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def stores(tiny: Tiny) -> dict[str, list[str]]:
    return {s: sorted(p.name for p in (tiny.devenv.home / s).iterdir()) for s in STORES}


def show(tiny: Tiny, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tiny.devenv("show", name, "--json").stdout)
    return found


def test_the_same_again_from_a_lock(tiny: Tiny, tmp_path: Path) -> None:
    """All that went in is the same, so that it comes from the same stores."""
    lock = tmp_path / "lock.json"
    shutil.copy(tiny.devenv.home / "envs" / "tiny" / "current" / "lock.json", lock)
    before = stores(tiny)
    tiny.devenv("create", "again", "--from-lock", lock)
    assert "0 of them compiled now" in tiny.devenv("build", "again").stdout
    first, second = lock_of(tiny, "tiny"), lock_of(tiny, "again")
    for key in ("python", "interpreter", "neuron", "packages", "inputs", "repository", "model"):
        assert second[key] == first[key]
    one, two = show(tiny, "tiny")["generation"], show(tiny, "again")["generation"]
    assert [one[key] for key in ("site", "neuron")] == [two[key] for key in ("site", "neuron")]
    assert one["model"]["key"] == two["model"]["key"]
    source = tiny.devenv.home / "sources" / "again" / "neurodamus"
    assert lock_of(tiny, "again")["sources"][0]["path"] == str(source)
    after = stores(tiny)
    assert {s: after[s] for s in STORES[:3]} == {s: before[s] for s in STORES[:3]}
    tiny.simulate("again", tmp_path / "out")
    assert Path(raster(tmp_path / "out")["neurodamus"]).resolve().is_relative_to(source)
    tiny.devenv("remove", "again")
    assert (source / "neurodamus" / "__init__.py").is_file()
    assert stores(tiny) == after


def test_a_source_from_git_is_had_again_at_its_commit(tiny: Tiny, tmp_path: Path) -> None:
    """Also where its branch has gone on; what no commit held is told."""
    origin = tmp_path / "origin"
    shutil.copytree(tiny.source, origin, symlinks=True)
    tiny.devenv("create", "git", "--template", "tiny")
    tiny.devenv("develop", "neurodamus", "--git", f"file://{origin}", "--env", "git")
    source = tiny.devenv.home / "sources" / "git" / "neurodamus"
    (source / "neurodamus" / "mine.py").touch()
    tiny.devenv("build", "git")
    tiny.devenv("undevelop", "neurodamus", "--env", "git")
    tiny.devenv("develop", "neurodamus", "--env", "git")
    lock = tiny.devenv.home / "envs" / "git" / "current" / "lock.json"
    (origin / "later").touch()
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(origin))
    subprocess.run([*git, "add", "later"], check=True)
    subprocess.run([*git, "commit", "-qm", "later"], check=True)
    output = tiny.devenv("create", "git2", "--from-lock", lock).stdout
    assert "neurodamus had changes that its commit does not hold" in output
    first, second = lock_of(tiny, "git")["sources"][0], lock_of(tiny, "git2")["sources"][0]
    assert second["commit"] == first["commit"]
    assert second["clean"] is True
    assert not (tiny.devenv.home / "sources" / "git2" / "neurodamus" / "later").exists()
    tiny.devenv("remove", "git")
    tiny.devenv("remove", "git2")


def test_undevelop_gives_the_released_package_back(tiny: Tiny) -> None:
    tiny.devenv("create", "plain", "--template", "tiny")
    site = show(tiny, "plain")["generation"]["site"]
    tiny.devenv("develop", "neurodamus", "--path", tiny.source, "--env", "plain")
    assert show(tiny, "plain")["generation"]["site"] != site
    tiny.devenv("undevelop", "neurodamus", "--env", "plain")
    generation = show(tiny, "plain")["generation"]
    assert generation["site"] == site
    assert generation["overlays"] == []
    code = "import neurodamus; print(neurodamus.__file__)"
    tiny.devenv("build", "plain")
    found = tiny.devenv("run", "plain", "--", "python", "-c", code).stdout
    assert found.startswith(site)
    tiny.devenv("remove", "plain")
    assert tiny.source.is_dir()


def test_another_python_first_on_path_changes_nothing(tiny: Tiny, tmp_path: Path) -> None:
    """An environment keeps its Python, whichever of several is found first today."""
    mine = lock_of(tiny, "tiny")["interpreter"]
    others = {os.path.realpath(p) for p in ("/usr/bin/python3", shutil.which("python3") or "")}
    other = next((p for p in others - {mine} if Path(p).exists()), None)
    if other is None:
        pytest.skip("there is only one Python here")
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python", "python3", Path(other).name):
        if not (folder / name).exists():
            (folder / name).symlink_to(other)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    assert "is up to date" in tiny.devenv("build", "tiny", PATH=path).stdout
    assert lock_of(tiny, "tiny")["interpreter"] == mine


@pytest.mark.parametrize("file", ["environment.json", "lock.json", "current"])
def test_a_build_mends_a_damaged_generation(tiny: Tiny, tmp_path: Path, file: str) -> None:
    current = tiny.devenv.home / "envs" / "tiny" / "current"
    if file == "current":
        current.unlink()
        current.symlink_to("generations/99")
    else:
        (current / file).write_text("{", encoding="utf-8")
    assert ", 0 of them compiled now" in tiny.devenv("build", "tiny").stdout
    tiny.simulate("tiny", tmp_path / "out")
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]


# -- killed ------------------------------------------------------------------------------------------


def killed(tiny: Tiny, after: float, *arguments: object) -> bool:
    """Start the program and kill it, with all that it started, after some seconds; whether it was."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", *map(str, arguments)],
        env={**plain_environ(), "DEVENV_HOME": str(tiny.devenv.home), "CCACHE_DISABLE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def staged(tiny: Tiny) -> list[Path]:
    return [p for s in STORES for p in (tiny.devenv.home / s).glob("*.staging*")]


def test_killed_at_any_moment_the_old_one_works_and_the_next_completes(
    tiny: Tiny, tmp_path: Path
) -> None:
    """create, develop and build, each killed a few times; the delays grow, so that all of it is hit."""
    home, rng = tiny.devenv.home, random.Random(2)  # noqa: S311
    create = ("create", "victim", "--template", "tiny", "--neuron", "neuron==9.0.1")
    current = home / "envs" / "victim" / "current"
    for delay in (0.4, 0.8, 1.2):
        # Killed or not: it can have written all but its report.
        killed(tiny, delay + rng.random() / 3, *create)
        assert ("victim" in tiny.devenv("list").stdout) is current.is_symlink()
        if current.is_symlink():
            break
    if not current.is_symlink():
        tiny.devenv(*create)
    works = ("run", "victim", "--no-build", "--", "true")
    for delay in (0.5, 1.0, 1.5):
        killed(tiny, delay + rng.random() / 3, "build", "victim")
        assert tiny.devenv(*works, code=None).returncode in (0, 6)
    tiny.devenv("build", "victim")
    old = current.readlink()
    develop = ("develop", "neurodamus", "--path", tiny.source, "--env", "victim")
    for delay in (0.4, 0.7, 1.0, 1.3):
        killed(tiny, delay + rng.random() / 3, *develop)
        if current.readlink() != old:
            break
        tiny.devenv(*works)
    tiny.devenv(*develop)
    tiny.devenv("build", "victim")
    tiny.simulate("victim", tmp_path / "out")
    assert raster(tmp_path / "out")["sha256"] == EXPECTED["sha256"]
    assert staged(tiny) == []
    tiny.devenv("doctor", "victim", cwd=tiny.circuit)
    tiny.devenv("remove", "victim")

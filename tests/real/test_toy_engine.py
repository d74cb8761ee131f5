"""Every verb works with an engine that it does not know, and that has neither NEURON nor models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import plain_environ

pytestmark = pytest.mark.real

PROGRAM = Path(__file__).parents[1] / "toy_engine.py"
BARE = 'summary: a Python alone\nneuron: ""\npackages: []\n'


def toy(home: Path, *arguments: object, code: int = 0) -> str:
    """devenv with the toy engine: what it prints."""
    environ = {**plain_environ(), "DEVENV_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, PROGRAM, *map(str, arguments)],
        cwd="/",
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def test_the_verbs_work_with_a_third_engine(
    tmp_path: Path, make_package: Callable[..., Path]
) -> None:
    home, source = tmp_path / "home", make_package("mine", "hatchling")
    template = tmp_path / "bare.yaml"
    template.write_text(BARE, encoding="utf-8")

    assert "Created box" in toy(home, "create", "box", "--template", template, "--engine", "toy")
    assert toy(home, "run", "--", "toy").endswith("toy 1\n")

    assert "box uses mine 1.2.3" in toy(home, "develop", "mine", "--path", source)
    code = "import mine, os; print(os.path.realpath(mine.__file__))"
    assert str(source) in toy(home, "run", "--", "python", "-c", code)

    request = home / "envs/box/environment.yaml"
    request.write_text(request.read_text() + "packages: [toy==2]\n", encoding="utf-8")
    assert "a toy of 2" in toy(home, "build", "--why")
    planned = toy(home, "build", "--dry-run")
    assert f"-m venv --without-pip {home}/envs/box/toy/2" in planned
    assert not (home / "envs/box/toy/2").exists()
    assert "box: generation 3, a toy" in toy(home, "build")
    assert "up to date (generation 3)" in toy(home, "build")
    assert toy(home, "run", "--", "toy").endswith("toy 2\n")

    assert "toy 1 → 2" in toy(home, "lock", "diff")
    listed = toy(home, "generations").splitlines()
    assert "dev source mine" in listed[2]
    assert "toy 1 → 2" in listed[3]
    assert "toy 2" in toy(home, "graph")
    assert "engine toy" in toy(home, "show")
    assert "none" in toy(home, "list")
    script = f". {home}/envs/box/current/activate.sh; toy"
    assert subprocess.check_output(["sh", "-c", script], text=True) == "toy 2\n"

    assert "generation 2 is the current one" in toy(home, "rollback")
    assert toy(home, "run", "--", "toy").endswith("toy 1\n")
    assert "toy==2" not in request.read_text()
    assert "fail" not in toy(home, "doctor")
    assert "released mine" in toy(home, "undevelop", "mine")
    toy(home, "run", "--", "python", "-c", "import mine", code=1)

    assert "which has no build cache" in toy(home, "cache", "push", tmp_path, code=2)
    assert "--from-source is for the Spack engine" in toy(
        home, "create", "b", "--template", template, "--engine", "toy", "--from-source", code=2
    )
    toy(home, "remove", "box")
    toy(home, "prune")
    left = {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}
    assert left == {"trash/box/1/current", "trash/box/1/environment.yaml"}


def test_what_a_third_engine_lost_is_named(tmp_path: Path) -> None:
    home, template = tmp_path / "home", tmp_path / "bare.yaml"
    template.write_text(BARE, encoding="utf-8")
    toy(home, "create", "box", "--template", template, "--engine", "toy")
    request = home / "envs/box/environment.yaml"
    request.write_text(request.read_text() + "packages: [toy==2]\n", encoding="utf-8")
    toy(home, "build")
    (home / "envs/box/toy/1").rename(tmp_path / "lost")
    said = toy(home, "rollback", code=6)
    assert "the folder of its packages" in said
    assert f"{home}/envs/box/toy/1" in said
    unknown = subprocess.run(
        [sys.executable, "-m", "devenv", "build"],
        env={**plain_environ(), "DEVENV_HOME": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert unknown.returncode == 2
    assert "unknown engine 'toy'" in unknown.stderr


def test_the_log_of_a_failed_create_is_kept_until_prune(tmp_path: Path) -> None:
    home, template = tmp_path / "home", tmp_path / "bare.yaml"
    template.write_text(BARE, encoding="utf-8")
    create = ("create", "box", "--template", template, "--engine", "toy", "--package", "toy==0")
    said = toy(home, *create, code=4)
    log = Path(said.partition("The whole output is in ")[2].strip())
    assert log.read_text(encoding="utf-8").endswith("\nthere is no toy 0\n")
    assert not (home / "envs/box").exists()
    toy(home, "prune")
    assert not log.exists()

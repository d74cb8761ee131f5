"""devenv wheel ci github: the workflow is valid, and its steps do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import Devenv, plain_environ
from wheel_samples import layered, simple

pytestmark = pytest.mark.real

TAG = f"cp3{sys.version_info[1]}"
PYTHON = f"3.{sys.version_info[1]}"


def workflow(devenv: Devenv, folder: Path, *options: object) -> dict[str, Any]:
    """What is printed, which the schema of GitHub accepts."""
    file = folder / "wheels.yml"
    file.write_text(devenv("wheel", "ci", "github", *options, cwd=folder).stdout)
    program = Path(sys.executable).with_name("check-jsonschema")
    argv = [program, "--builtin-schema", "vendor.github-workflows", file]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def rows(data: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = data["jobs"]["build"]["strategy"]["matrix"]["include"]
    return found


def commands(data: dict[str, Any], job: str = "build") -> list[str]:
    return [
        step["run"] for step in data["jobs"][job]["steps"] if "devenv wheel" in step.get("run", "")
    ]


def run(data: dict[str, Any], command: str, row: dict[str, str], folder: Path) -> str:
    """A step in a shell, with the variables that the job gives it."""
    environ = {**plain_environ(), "DEVENV_HOME": str(folder / "home")}
    for name, text in data["jobs"]["build"]["env"].items():
        if "matrix." in text:
            environ[name] = row[text.split("matrix.")[1].split()[0]]
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_job_for_every_interpreter_and_architecture(devenv: Devenv, tmp_path: Path) -> None:
    simple(tmp_path / "my package")
    options = ("my package", "--python", "3.11,3.12", "--index", "staging")
    data = workflow(devenv, tmp_path, *options)
    found = [(row["python"], row["arch"]) for row in rows(data)]
    archs = ("x86_64", "aarch64", "macos-x86_64", "macos-arm64")
    assert found == [(python, arch) for arch in archs for python in ("cp311", "cp312")]
    images = {row["arch"]: row["image"] for row in rows(data)}
    assert "/manylinux_2_28_aarch64@sha256:" in images["aarch64"]
    publish = data["jobs"]["publish"]
    assert publish["permissions"]["id-token"] == "write"
    assert publish["needs"] == "build"
    assert "refs/tags/" in publish["if"]
    assert commands(data, "publish") == ["devenv wheel upload --index staging wheelhouse/*.whl"]
    (cache,) = [s for s in data["jobs"]["build"]["steps"] if "cache" in s.get("uses", "")]
    assert cache["with"]["restore-keys"].splitlines()[-1] == "wheels-${{ matrix.arch }}-"
    planned = run(data, f"{commands(data)[0]} --dry-run", rows(data)[-1], tmp_path)
    assert f"cibuildwheel --only cp312-macosx_{os.uname().machine}" in planned
    assert "--policy" not in planned


def test_its_steps_build_check_and_test(devenv: Devenv, tmp_path: Path) -> None:
    table = '[tool.cibuildwheel]\ntest-command = "python -m unittest discover -s {project}/tests"\n'
    layered(tmp_path / "layered", more=table)
    options = ("layered", "--python", PYTHON, "--arch", os.uname().machine, "--in", "here")
    data = workflow(devenv, tmp_path, *options)
    (row,) = rows(data)
    assert list(data["jobs"]) == ["build"]
    for command in commands(data):
        run(data, command, row, tmp_path)
    (wheel,) = (tmp_path / "wheelhouse").glob(f"layered-1.0-{TAG}-*.whl")
    kept = data["jobs"]["build"]["steps"][-1]["with"]["path"].split()
    assert [file for pattern in kept for file in tmp_path.glob(pattern)] == [wheel]
    assert 'name="own tests"' in (tmp_path / "test.xml").read_text()
    assert wheel.name in (tmp_path / "report.html").read_text()
    for path in ("built", "ccache"):
        assert any((tmp_path / "home" / "wheels" / path).iterdir())


def test_what_cannot_be(devenv: Devenv, tmp_path: Path) -> None:
    simple(tmp_path / "simple", more='\n[tool.cibuildwheel]\nskip = "*aarch64 *macos*"\n')
    argv = ("wheel", "ci", "github", "simple")
    text = devenv(*argv, cwd=tmp_path).stdout
    assert "# aarch64: [tool.cibuildwheel] builds nothing for it" in text
    assert "arch: aarch64" not in text
    said = devenv(*argv, "--arch", "aarch64", cwd=tmp_path, code=2).stdout
    assert "selects no wheel" in said
    said = devenv(*argv, "--arch", "aarch46", cwd=tmp_path, code=2).stdout
    assert "Did you mean 'aarch64'" in said
    said = devenv("wheel", "ci", "github", "nowhere", cwd=tmp_path, code=2).stdout
    assert "nowhere is not a directory of this repository" in said
    said = devenv("wheel", "build", "simple", "--in", "macos", cwd=tmp_path, code=3).stdout
    assert "wheels for macOS are built on macOS" in said

"""devenv conda ci: a workflow for the platforms that recipes are for."""

from __future__ import annotations

import shlex
from pathlib import Path

import yaml
from conda_parts import write
from support import Devenv

META = """\
package: {name: ours, version: '1'}
build:
  skip: true  # [win or aarch64]
requirements: {host: [python], run: [python]}
"""


def test_the_workflow_builds_where_the_recipe_is_not_skipped(
    devenv: Devenv, tmp_path: Path
) -> None:
    write(tmp_path / "my recipe", {"meta.yaml": META})
    arguments = ("conda", "ci", "my recipe", "--python", "3.12", "-c", "large")
    text = devenv(*arguments, cwd=tmp_path).stdout
    data = yaml.safe_load(text)
    include = data["jobs"]["build"]["strategy"]["matrix"]["include"]
    assert [one["platform"] for one in include] == ["linux-64", "osx-64", "osx-arm64"]
    assert "# linux-aarch64: skipped, build/skip [win or aarch64], line 3" in text
    (line,) = [
        s["run"] for s in data["jobs"]["build"]["steps"] if "conda build" in s.get("run", "")
    ]
    words = shlex.split(line)
    assert words[3:] == [
        "my recipe",
        "--variant",
        "python=3.12",
        "--channel",
        "large",
        "--output",
        "output",
    ]
    shown = devenv(*words[1:], "--dry-run", cwd=tmp_path).stdout
    assert "ours" in shown


def test_recipes_that_are_skipped_everywhere(devenv: Devenv, tmp_path: Path) -> None:
    write(tmp_path / "a", {"meta.yaml": META.replace("win or aarch64", "py<999")})
    done = devenv("conda", "ci", "a", cwd=tmp_path, code=2)
    assert "skipped everywhere: build/skip [py<999], line 3" in done.stdout

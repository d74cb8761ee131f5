"""Two dev sources with a module of the same name: one of them has no effect, and that is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Devenv

pytestmark = pytest.mark.real


def test_the_second_source_with_a_module(
    devenv: Devenv, tmp_path: Path, make_package: Callable[..., Path]
) -> None:
    template = tmp_path / "mini.yaml"
    template.write_text("summary: mini\nneuron: neuron==9.0.2\npackages: []\n")
    devenv("create", "two", "--template", template)
    first, second = make_package("pp", "hatchling"), make_package("qq", "hatchling")
    (second / "pp").mkdir()
    (second / "pp" / "__init__.py").write_text("ANSWER = 0\n")
    with (second / "pyproject.toml").open("a") as file:
        file.write('[tool.hatch.build.targets.wheel]\npackages = ["pp", "qq"]\n')
    assert "note: " not in devenv("develop", "pp", "--path", first).stdout
    said = devenv("develop", "qq", "--path", second).stdout
    assert (
        "note: the dev source of pp brings pp as well, and only one of the two is imported" in said
    )
    code = "import os, pp; print('FROM', os.path.realpath(pp.__file__))"
    found = devenv("run", "two", "python", "-c", code).stdout.split("FROM ")[1]
    assert found.startswith(str(first))
    doctor = re.sub(r"\s+", " ", devenv("doctor", "two", code=None).stdout)
    assert "the dev source of pp brings pp as well, and comes first" in doctor
    assert str(first) in doctor
    assert "Leave or remove" not in doctor
    devenv("undevelop", "pp", "--env", "two")
    assert devenv("run", "two", "python", "-c", code).stdout.split("FROM ")[1] != found

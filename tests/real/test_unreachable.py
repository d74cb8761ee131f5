"""Without the repository of models: what devenv brings is built, it is said, and completed later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from stand_ins import Repositories
from support import EXPECTED, raster
from tiny import Tiny

pytestmark = pytest.mark.real


def generation(tiny: Tiny) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tiny.devenv("show", "thalamus", "--json").stdout)
    return dict(found["generation"])


def test_a_model_that_is_completed_later(
    tiny: Tiny, repositories: Repositories, tmp_path: Path
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[url "file://{tmp_path}/nowhere/"]\n  insteadOf = https://github.com/\n', encoding="utf-8"
    )
    away = {"GIT_CONFIG_GLOBAL": str(config)}
    devenv = tiny.devenv
    url = "https://github.com/openbraininstitute/neurodamus-models.git"
    note = f"note: incomplete model: without thalamus/mod of neurodamus-models: {url} could not be"
    shutil.rmtree(devenv.home / "sources" / ".pinned", ignore_errors=True)
    assert note in devenv("create", "thalamus", **away).stdout
    assert note in devenv("build", "thalamus", **away).stdout
    assert "MISSING" in devenv("show", "thalamus").stdout
    assert "incomplete" in devenv("list").stdout
    doctor = devenv("doctor", "thalamus", cwd=tiny.circuit, code=None).stdout
    assert "neurodamus-models.git could not be reached" in doctor
    few = generation(tiny)["model"]["mechanisms"]
    assert "RingSyn" in few
    # The example runs with what there is.
    assert note in tiny.simulate("thalamus", tmp_path / "few")
    assert raster(tmp_path / "few")["sha256"] == EXPECTED["sha256"]
    assert note not in devenv("build", "thalamus", **repositories.environ).stdout
    many = generation(tiny)["model"]["mechanisms"]
    assert set(few) < set(many)
    assert len(many) > len(few) + 3
    assert "MISSING" not in devenv("show", "thalamus").stdout
    assert "could not be reached" not in tiny.simulate("thalamus", tmp_path / "many")
    assert raster(tmp_path / "many")["sha256"] == EXPECTED["sha256"]
    devenv("remove", "thalamus")

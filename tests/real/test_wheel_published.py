"""devenv wheel check on wheels that are published: what is known of them, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import REPOSITORY, Devenv

pytestmark = pytest.mark.real

POLICIES = REPOSITORY / "envs" / "wheels"


def downloaded(requirement: str, folder: Path) -> Path:
    argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(folder)]
    argv += ["--python-version", "3.11", "--only-binary", ":all:", requirement]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{requirement} cannot be downloaded: {done.stderr.strip()[-200:]}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def findings(devenv: Devenv, *arguments: object) -> list[dict[str, str]]:
    done = devenv("wheel", "check", "--json", *arguments, code=None).stdout
    found: list[dict[str, str]] = json.loads(done).get("findings", [])
    return found


def test_neuron_has_the_known_findings_and_its_policy_allows_them(
    devenv: Devenv, tmp_path: Path
) -> None:
    wheel = downloaded("neuron==9.0.2", tmp_path)
    plain = findings(devenv, wheel)
    errors = [one["id"] for one in plain if one["severity"] == "error"]
    assert errors.count("wheel-unreachable") == 2
    assert errors.count("wheel-not-grafted") == 2
    assert errors.count("wheel-foreign-rpath") == 6
    assert len(errors) == 10
    allowed = findings(devenv, wheel, "--policy", POLICIES / "neuron.toml")
    assert not [one for one in allowed if one["severity"] == "error"]
    assert len([one for one in allowed if one["severity"] == "note"]) == 10


def test_klayout_has_no_error(devenv: Devenv, tmp_path: Path) -> None:
    wheel = downloaded("klayout==0.30.12", tmp_path)
    assert [one["id"] for one in findings(devenv, wheel)] == ["wheel-licence"]
    (one,) = findings(devenv, wheel, "--policy", POLICIES / "klayout.toml")
    assert one["severity"] == "note"

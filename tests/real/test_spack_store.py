"""What Spack installed, on real Spack: pruned where nothing has it, and taken from caches of others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from spack_trial import Trial, another
from support import Devenv, plain_environ

pytestmark = pytest.mark.real


@contextmanager
def running(devenv: Devenv, *arguments: str) -> Iterator[None]:
    """A command of devenv's that says a line and then waits, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", *arguments],
        env={**plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        assert process.stdout.readline() == "there\n"
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_no_generation_has_is_pruned_and_what_is_in_use_stays(
    trial: Trial, tmp_path: Path
) -> None:
    devenv = another(trial, tmp_path)
    env = devenv.home / "envs" / "taken"
    manifest = env / "spack.yaml"

    def build(old: str, new: str, code: int = 0) -> Path:
        """The folder that Spack worked in for spack.yaml with `new` in place of `old`."""
        before = set((env / "spack").glob("*"))
        manifest.write_text(manifest.read_text().replace(old, new))
        devenv("build", "taken", code=code)
        return next(iter(set((env / "spack").glob("*")) - before))

    def prune() -> str:
        return devenv("models", "prune", "--keep", "1", "--packages").stdout

    def packages() -> set[str]:
        folders = (devenv.home / "spack" / "opt").glob("*/*-*-*")
        return {folder.name.rpartition("-")[0] for folder in folders}

    first = build("- trial-model", "- trial-model")
    with running(devenv, "run", "taken", "--", "sh", "-c", "echo there; exec sleep 600"):
        second = build("trial-model", "trial-model@1.0")
        assert {"trial-model-1.0", "trial-model-1.1"} <= packages()
        assert f"In use: {env / 'generations' / '2'}" in prune()
        assert not (env / "generations" / "1").exists()
        assert (first / "spack.lock").exists()
        assert {"trial-model-1.0", "trial-model-1.1"} <= packages()
    tool = "trial-model@1.0\n  - trial-tool@1.0"
    broken_off = build("trial-model@1.0", tool, code=4)
    python = "print('there', flush=True); import time; time.sleep(600)"
    with running(devenv, "spack", "exec", "--", "python", "-c", python):
        assert "In use: what Spack made" in prune()
        assert first.exists()
    dry = devenv("models", "prune", "--packages", "--dry-run").stdout
    assert str(first) in dry
    assert "trial-model-1.1" in dry
    assert first.exists()
    assert f"Stays: {broken_off}" in prune()
    assert not first.exists()
    assert "trial-model-1.1" not in packages()
    assert {"trial-model-1.0", "py-trial-1.0", "py-setuptools-80.9.0"} <= packages()
    assert "the special of the trial" in devenv("run", "taken", "--", "special").stdout
    found = devenv("spack", "exec", "--", "find", "--format", "{name}@{version}").stdout
    assert "trial-model@1.0" in found
    assert "trial-model@1.1" not in found
    build(tool, "trial-model@1.0 +coreneuron")
    prune()
    assert not broken_off.exists()
    assert not second.exists()
    assert "the special of the trial" in devenv("run", "taken", "--", "special").stdout

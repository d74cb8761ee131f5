"""The first activation is right with other versions of Spack too: its development, and 0.21."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from spack_trial import make_trial
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

PACKAGES = "119680aeee8ea802c6111b7167583bddef97e82f"


@dataclass(frozen=True)
class Version:
    """A version of Spack: where it is, and what it says it is."""

    url: str
    ref: str
    says: str
    legacy: bool = False


SPACK = "https://github.com/spack/spack.git"
CANARY = Version(SPACK, "develop", "1.")
FIRST = Version(SPACK, "v1.0.0", "1.0.0")
OLDEST = Version(SPACK, "v0.21.0", "0.21.0", legacy=True)
FORK = Version("https://github.com/BlueBrain/spack.git", "develop", "0.21", legacy=True)


@pytest.mark.parametrize(
    "version",
    [CANARY, FIRST, OLDEST, FORK],
    ids=["canary", "1.0.0", "0.21.0", "fork"],
)
def test_the_first_activation_is_right(
    spack_home: Devenv, tmp_path: Path, version: Version
) -> None:
    recipes = str(spack_home.home / "spack" / PACKAGES)
    own = {} if version.legacy else {"DEVENV_SPACK_PACKAGES_ROOT": recipes}
    devenv = Devenv(tmp_path / "home", {"DEVENV_SITE": "trial", "DEVENV_WHEELS": "off", **own})
    (devenv.home / "sites").mkdir(parents=True)
    (devenv.home / "sites" / "trial.yaml").write_text("summary: nothing yet\n")
    done = devenv("spack", "setup", "--url", version.url, "--ref", version.ref, code=None)
    if done.returncode == 5:
        pytest.skip(f"{version.url} cannot be cloned")
    assert f"Spack {version.says}" in done.stdout
    trial = make_trial(devenv, legacy=version.legacy)
    devenv("create", "first", "--template", "trial")
    devenv("develop", "trial", "--path", trial.source("first"))
    folder = _raw(devenv, trial.root)
    raw = ("spack", "exec", "--", "env", "activate", "--sh", "-d", folder)
    assert "HOC_LIBRARY_PATH" not in devenv(*raw).stdout
    devenv("build")
    said = _activated(devenv)
    view = next((devenv.home / "envs" / "first" / "spack").glob("*/view"))
    assert f"{view}/share/hoc" in said["HOC_LIBRARY_PATH"].split(":")
    paths = said["PYTHONPATH"].split(":")
    assert "overlays" in paths[0]
    assert str(view) in paths[1]
    assert not {"", "."} & {*paths, *said["PATH"].split(":")}
    command = ("python", "-c", "import trial; print(trial.__file__, trial.ANSWER)")
    assert "overlays" in devenv("run", "first", "--", *command).stdout
    assert "the special of the trial" in devenv("run", "first", "--", "special").stdout


def _raw(devenv: Devenv, root: Path) -> Path:
    """The same as a plain environment of Spack's, of which nothing is installed yet."""
    folder = root / "raw"
    folder.mkdir()
    text = (devenv.home / "envs" / "first" / "spack.yaml").read_text()
    (folder / "spack.yaml").write_text(f"{text}  view: {folder}/view\n")
    return folder


def _activated(devenv: Devenv) -> dict[str, str]:
    environ = {**plain_environ(), **devenv.environ, "DEVENV_HOME": str(devenv.home)}
    line = f'eval "$({sys.executable} -m devenv activate first)"; env -0'
    out = subprocess.check_output(["bash", "-c", line], env=environ, text=True)
    return dict(pair.split("=", 1) for pair in out.split("\0") if "=" in pair)

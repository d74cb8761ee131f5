"""A project of conda packages: devenv.yaml names the channels, devenv.lock the exact files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conda_parts import VERSION, assemble, make_python
from support import Devenv

pytestmark = pytest.mark.real

SITE = f"lib/python{VERSION}/site-packages"
FILE = """\
# what we simulate with
conda:
  - alpha=1  # the old one
channels: [channel]
"""
SHOWN = ("run", "python", "-c", "import alpha; print('alpha', alpha.V)")


@pytest.fixture(scope="module")
def shared(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conda-project")
    devenv, channel = make_devenv("conda-project"), folder / "channel"
    make_python(devenv, folder, channel, VERSION, pip=False)
    alphas = [_alpha(version) for version in ("1", "2", "1.1")]
    assemble(channel, folder / "files", *alphas)
    devenv("conda", "index", channel)
    return channel


def _alpha(version: str) -> dict[str, object]:
    files = {f"{SITE}/alpha.py": f"V = '{version}'\n"}
    return {"name": "alpha", "version": version, "depends": ["python"], "files": files}


@pytest.fixture
def project(shared: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(shared, folder / "channel")
    (folder / "below").mkdir()
    (folder / "devenv.yaml").write_text(FILE)
    return folder


def test_two_commands_install_and_run(devenv: Devenv, project: Path) -> None:
    """The channel stands beside the file, wherever one is in the project."""
    asks = devenv(*SHOWN, cwd=project / "below", code=6).stdout
    assert f"conda packages: alpha=1 from {project}/channel" in asks
    assert "Python from its channels" in asks
    devenv("allow", cwd=project)
    assert devenv(*SHOWN, cwd=project / "below").stdout.endswith("alpha 1.1\n")
    lock = (project / "devenv.lock").read_text()
    assert re.search(r"\n  - conda: .*/alpha-1.1-0.conda\n.*\n    sha256: [0-9a-f]{64}", lock)
    assert "up to date" in devenv("build", cwd=project).stdout


def test_packages_are_added_and_removed(devenv: Devenv, project: Path) -> None:
    """The file keeps its comments, and stays as it was where the change cannot be made."""
    file = project / "devenv.yaml"
    devenv("allow", cwd=project)
    devenv("build", cwd=project)
    devenv("add", "alpha=2", "python >=3", cwd=project / "below")
    added = FILE.replace("alpha=1 ", "alpha=2 ").replace("one\n", "one\n  - python >=3\n")
    assert file.read_text() == added
    assert devenv(*SHOWN, cwd=project).stdout.endswith("alpha 2\n")
    refused = devenv("add", "alpha=7", cwd=project, code=2).stdout
    assert "alpha" in refused and file.read_text() == added
    assert devenv(*SHOWN, cwd=project).stdout.endswith("alpha 2\n")
    devenv("remove-package", "alpha", "python", cwd=project)
    assert "conda: []\n" in file.read_text()
    looked = "import importlib.util; print(importlib.util.find_spec('alpha'))"
    assert devenv("run", "python", "-c", looked, cwd=project).stdout.endswith("None\n")
    devenv("add", "alpha", cwd=project)
    assert devenv(*SHOWN, cwd=project).stdout.endswith("alpha 2\n")


def test_the_lock_gives_another_machine_the_same(
    devenv: Devenv, project: Path, shared: Path, tmp_path: Path
) -> None:
    """What came to the channel later is taken only when asked for."""
    newer = project / "channel" / "linux-64" / "alpha-1.1-0.conda"
    newer.rename(tmp_path / newer.name)
    devenv("conda", "index", project / "channel")
    devenv("allow", cwd=project)
    assert devenv(*SHOWN, cwd=project).stdout.endswith("alpha 1\n")
    (tmp_path / newer.name).rename(newer)
    devenv("conda", "index", project / "channel")
    other = Devenv(tmp_path / "other")
    asks = other("build", cwd=project, code=6).stdout
    assert "is not allowed yet" in asks
    other("allow", cwd=project)
    assert other(*SHOWN, cwd=project).stdout.endswith("alpha 1\n")
    other("build", "--update", cwd=project)
    assert other(*SHOWN, cwd=project).stdout.endswith("alpha 1.1\n")
    assert "alpha-1.1-0" in (project / "devenv.lock").read_text()


def test_what_a_lock_names_besides_the_channels_is_shown(devenv: Devenv, project: Path) -> None:
    devenv("allow", cwd=project)
    devenv("build", cwd=project)
    lock = project / "devenv.lock"
    lock.write_text(lock.read_text().replace(f"{project}/channel", "https://elsewhere.example/x"))
    asks = devenv("build", cwd=project, code=6).stdout
    assert "conda packages of the lock: from https://elsewhere.example/x" in asks


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("conda: [alpha]\n", 2, "none is named"),
        ("conda: [alpha]\nchannels: [./gone]\n", 2, "gone is not a directory"),
        ("conda: ['=1']\nchannels: [channel]\n", 2, "invalid package '=1'"),
        ("conda: alpha\nchannels: [channel]\n", 2, "conda"),
        ("conda: [alpha]\nchannels: channel\n", 2, "channels"),
        (
            "conda: [alpha]\nchannels: ['https://me:secret@host.example/c']\n",
            2,
            "RATTLER_AUTH_FILE",
        ),
        ("conda: [alpha=9]\nchannels: [channel]\n", 2, "alpha"),
    ],
)
def test_what_cannot_be(devenv: Devenv, project: Path, text: str, code: int, message: str) -> None:
    (project / "devenv.yaml").write_text(text)
    allowed = devenv("allow", cwd=project, code=None)
    done = devenv("build", cwd=project, code=None) if allowed.returncode == 0 else allowed
    assert (done.returncode, message in done.stdout) == (code, True), done.stdout
    assert "Traceback" not in done.stdout
    assert "secret" not in done.stdout + allowed.stdout
    assert not [*devenv.home.glob("envs/*")]

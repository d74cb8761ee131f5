"""Published models, by plain nrnivmodl, by devenv and as a project: the same mechanisms and traces.

What is compiled once is shared: plain nrnivmodl's for both tests of a model, devenv's by its store.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from project import Project
from published_projects import NETPYNE, PUBLISHED, SCRIPT, clone, traces
from published_projects import Published as Clone
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

FOLDERS = {
    **{one.name: (one.repository, one.mods_folder) for one in PUBLISHED},
    "bluecellulab": ("openbraininstitute/BlueCelluLab", "tests/mechanisms"),
    "hybrid": (NETPYNE, "examples/HybridTut/mod"),
    "lfp": (NETPYNE, "examples/LFPrecording/mod"),
    "dipole": (NETPYNE, "examples/dipoleRecording/mod"),
    "m1": (NETPYNE, "examples/M1/mod"),
}
"""Name -> repository on GitHub, and the folder with the MOD files."""

UNBUILDABLE = {
    "modeldb2018023": ("ModelDBRepository/2018023", "mod_files"),
    "modeldb2016138": ("ModelDBRepository/2016138", "Figure1/Neuron_codes/mod"),
    "arm": (NETPYNE, "examples/RL_arm"),
    "neuroml": (NETPYNE, "examples/NeuroMLImport"),
}
"""NEURON 9 does not take these."""

FIRST = "hybrid"
TEMPLATE = """\
summary: models that others published, one for each value of `published`
neuron: neuron==9.0.2
packages: []
variants:
  published: {values: [%s], default: %s}
model:
  repository: {package: neurodamus-models, ref: none}
  mods:
"""
FOLDER = "  - {package: neurodamus-models, path: %s, when: published=%s}\n"

PROGRAMS = ("python", "{special} -python", "nrniv -python")
SIMULATE = "; ".join(f"{program} traces.py" for program in PROGRAMS)


def mods_of(repository: str, folder: str, into: Path) -> None:
    """The files of that folder of a repository; skips where it cannot be fetched."""
    url = f"https://github.com/{repository}.git"
    into.mkdir(parents=True)
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    archive = ["git", "archive", f"--remote={url}", f"HEAD:{folder}"]
    done = subprocess.run(archive, capture_output=True, env=quiet, check=False, timeout=120)
    if done.returncode == 0:
        file = into.with_suffix(".tar")
        file.write_bytes(done.stdout)
        with tarfile.open(file) as tar:
            tar.extractall(into, filter="data")
        return
    clone = ["git", "clone", "-q", "--depth=1", "--filter=blob:none", "--sparse", url]
    work = into.with_suffix(".git")
    done = subprocess.run([*clone, str(work)], capture_output=True, env=quiet, check=False)
    if done.returncode:
        pytest.skip(f"{url} cannot be cloned")
    chosen = ["git", "sparse-checkout", "set", "--no-cone", f"/{folder}/*"]
    subprocess.run(chosen, cwd=work, env=quiet, check=True, capture_output=True)
    into.rmdir()
    (work / folder).rename(into)


def bash(script: str, cwd: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", script], cwd=cwd, env=environ, text=True,
        errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, timeout=600, check=False,
    )  # fmt: skip


@dataclass(frozen=True)
class Published:
    """One environment for all. root: the folder that its models are made from.

    said: name -> what plain NEURON said of that model.
    """

    devenv: Devenv
    root: Path
    said: dict[str, str] = field(default_factory=dict)

    def fetch(self, name: str) -> Path:
        folder = self.root / name
        if not folder.exists():
            mods_of(*{**FOLDERS, **UNBUILDABLE}[name], folder)
        return folder

    def plain(self, name: str, cwd: Path, script: str) -> subprocess.CompletedProcess[str]:
        """With plain nrnivmodl: built in a working directory of its own, and `script` run there."""
        shown = json.loads(self.devenv("show", "published", "--json").stdout)
        neuron = Path(shown["generation"]["neuron"]).parents[2]
        environ = {**plain_environ(), "CXX": "ccache g++", "CC": "ccache gcc"}
        environ["PATH"] = f"{neuron}/bin:{environ['PATH']}"
        return bash(f"nrnivmodl {self.root / name} >build.log 2>&1; {script}", cwd, environ)

    def simulated(self, name: str, cwd: Path) -> str:
        """What every program says in a first simulation with plain nrnivmodl, which is run once."""
        if name not in self.said:
            # A Python script, whose first line is not the same in a venv of pip's and of uv's.
            script = SIMULATE.format(special="python x86_64/special")
            (cwd / "traces.py").write_text(SCRIPT, encoding="utf-8")
            self.said[name] = self.plain(name, cwd, script).stdout
        return self.said[name]

    def ours(self, name: str, cwd: Path, script: str) -> subprocess.CompletedProcess[str]:
        """With devenv: `script` in a shell in which the model of that name is active."""
        model = () if name == FIRST else ("--model", name)
        argv = ("activate", "published", "--shell", "bash", *model)
        code = self.devenv(*argv, cwd=cwd).stdout
        return bash(f"{code}\n{script}", cwd, plain_environ())


@pytest.fixture(scope="module")
def published(make_devenv: Callable[[str], Devenv]) -> Published:
    devenv = make_devenv("published")
    root = devenv.home.parent / "published"
    published = Published(devenv, root)
    published.fetch(FIRST)
    names = [*FOLDERS, *UNBUILDABLE]
    text = TEMPLATE % (", ".join(names), FIRST)
    text += "".join(FOLDER % (name, name) for name in names)
    template = root / "published.yaml"
    template.write_text(text, encoding="utf-8")
    devenv("create", "published", "--template", template, "--models", root)
    devenv("build", "published")
    return published


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one.name)
def test_two_commands_simulate_as_plain_neuron(
    published: Published, tmp_path: Path, one: Clone
) -> None:
    """`git clone`, `devenv init`, `devenv run`."""
    try:
        folder = clone(one, tmp_path / "clone")
    except subprocess.CalledProcessError:
        pytest.skip(f"{one.repository} cannot be cloned")
    published.fetch(one.name)
    project = Project(published.devenv, folder)
    project("init")
    # What its own scripts import for plots and analyses takes minutes to install; it is not needed here.
    lean(folder / "devenv.yaml")
    project("allow")
    (ours,) = traces(project("run", "--", "python", "first_simulation.py"))
    assert ours == traces(published.simulated(one.name, tmp_path))[0]
    assert len(ours) > 2
    assert any(re.fullmatch("[0-9a-f]{16}", trace) for trace in ours.values())


def lean(file: Path) -> None:
    lines = file.read_text().splitlines()
    kept = [line for line in lines if "  # imported by" not in line]
    text = "\n".join(kept).replace("\npackages:\nmodel", "\npackages: []\nmodel")
    file.write_text(text + "\n")


@pytest.mark.parametrize("name", FOLDERS)
def test_devenv_builds_what_nrnivmodl_builds(
    published: Published, tmp_path: Path, name: str
) -> None:
    folder = published.fetch(name)
    plain, ours = tmp_path / "plain", tmp_path / "ours"
    for work in (plain, ours):
        work.mkdir()
    (ours / "traces.py").write_text(SCRIPT, encoding="utf-8")
    expected = published.simulated(name, plain)
    if name != FIRST:
        published.devenv("build", "published", f"published={name}", "--as", name)
    said = published.ours(name, ours, SIMULATE.format(special="special")).stdout
    answers = [*traces(expected), *traces(said)]
    assert len(answers) == 2 * len(PROGRAMS), expected + said
    for answer in answers[1:]:
        assert answer == answers[0]
    assert len(answers[0]) >= len(list(folder.glob("*.mod"))) / 2
    assert any(re.fullmatch("[0-9a-f]{16}", trace) for trace in answers[0].values())


@pytest.mark.parametrize("name", UNBUILDABLE)
def test_devenv_fails_where_nrnivmodl_fails_and_names_the_line(
    published: Published, tmp_path: Path, name: str
) -> None:
    folder = published.fetch(name)
    done = published.plain(name, tmp_path, "cat build.log; ls x86_64")
    assert "libnrnmech.so" not in done.stdout.splitlines()
    built = published.devenv(
        "build", "published", f"published={name}", "--as", name, code=None
    )  # fmt: skip
    assert built.returncode == 4
    assert re.search(rf"{re.escape(str(folder))}/\w+\.mod:\d+", built.stdout), built.stdout
